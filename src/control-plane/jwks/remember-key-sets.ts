/**
 * Keeps fetched key sets beyond this process's life, in a ConfigMap: a control plane that starts while an issuer cannot
 * be reached must not take the keys away from proxies that have them. They are public, and as safe there as the mesh's
 * settings beside them.
 */
import { createHash } from "node:crypto";
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import { configMapKind } from "../../kinds/core/config-map.ts";
import { readKeySet } from "../../kinds/istio/key-set.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { workQueue } from "../status/work-queue.ts";

export interface RememberOptions {
  store: Store;
  namespace: string;
  graph: Graph;
  keySets: Input<string>;
  wanted: Collection<unknown>;
  signal: AbortSignal;
  onError(error: unknown): void;
}

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const NAME = "lateen-key-sets";
/** A ConfigMap holds a megabyte. What does not fit is fetched again after a restart, as all would be without this. */
const MOST_CHARACTERS = 900_000;

/** Resolves when what was kept, and is still wanted, is in `keySets`; from then on it follows them. */
export async function rememberKeySets(options: RememberOptions): Promise<{ close(): Promise<void> }> {
  const { store, namespace, graph, keySets, wanted, signal, onError } = options;
  const kept = new Map<string, string>();
  const queue = workQueue<string | null>({
    run: async (entry, text) => {
      if ((kept.get(entry) ?? null) === text) return;
      const others = [...kept].reduce((sum, [name, each]) => sum + (name === entry ? 0 : each.length), 0);
      if (text !== null && others + text.length > MOST_CHARACTERS) return;
      await write(store, namespace, { [entry]: text });
      if (text === null) kept.delete(entry);
      else kept.set(entry, text);
    },
    onError: (_entry, error) => onError(error),
    // all of it is one object
    concurrency: 1,
  });
  const stop = graph.onChange(keySets, (changes) => {
    for (const [key, { after }] of changes) {
      queue.add(entryOf(key), after === undefined ? null : JSON.stringify({ key, jwks: after }));
    }
  });
  for (const [entry, text] of Object.entries(await read(options))) kept.set(entry, text);
  graph.batch(() => {
    for (const [entry, text] of kept) {
      const found = parse(text);
      if (found && wanted.get(found.key) !== undefined) keySets.set(found.key, found.jwks);
      else queue.add(entry, null);
    }
  });
  return {
    close: async () => {
      if (!signal.aborted) await queue.idle();
      stop();
      await queue.close();
    },
  };
}

/** Keys of a ConfigMap cannot hold URLs. */
function entryOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

async function read({ store, namespace, onError }: RememberOptions): Promise<Record<string, string>> {
  try {
    return (await store.get<ConfigMap>(configMapKind.type, { namespace, name: NAME })).data ?? {};
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "NotFound")) onError(error);
    return {};
  }
}

async function write(store: Store, namespace: string, data: Record<string, string | null>): Promise<void> {
  try {
    await store.patch(configMapKind.type, { namespace, name: NAME }, { type: "merge", body: { data } });
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
    const metadata = { namespace, name: NAME };
    const there = Object.fromEntries(Object.entries(data).filter(([, text]) => text !== null));
    await store.create(configMapKind.type, { apiVersion: "v1", kind: "ConfigMap", metadata, data: there });
  }
}

/** People can edit ConfigMaps: what is not as we wrote it is not used. */
function parse(text: string): { key: string; jwks: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("key" in value) || !("jwks" in value)) return undefined;
    const read = readKeySet(String(value.jwks));
    return "jwks" in read && read.size > 0 ? { key: String(value.key), jwks: read.jwks } : undefined;
  } catch {
    return undefined;
  }
}
