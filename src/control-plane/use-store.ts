import type { Graph } from "../engine/graph.ts";
import type { Input } from "../engine/input.ts";
import { allUses, type Uses } from "../envoy/wire/uses.ts";
import { configMapKind } from "../kinds/core/config-map.ts";
import { StoreError } from "../store/error.ts";
import type { KubeObject } from "../store/object.ts";
import { reflect } from "../store/reflector.ts";
import type { Store } from "../store/store.ts";
import { workQueue } from "./status/work-queue.ts";

const NAME = "lateen-uses";
const LABEL = "lateen.dev/uses";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface UseStoreOptions {
  store: Store;
  graph: Graph;
  uses: Input<Uses>;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/**
 * Keeps what workloads use beyond the life of their pods and of the control plane: in a ConfigMap `lateen-uses` in each
 * namespace, a key for each workload. Several control planes learn from each other by it: each adds to what it finds
 * there, so that in the end all know the same. Resolves when what was kept is in `uses`.
 */
export async function keepUses(options: UseStoreOptions): Promise<{ close(): Promise<void> }> {
  const { store, graph, uses, signal, onError } = options;
  const stored = new Map<string, Record<string, string>>();
  const queue = workQueue<Record<string, string>>({
    run: (namespace, data) => write(store, namespace, data),
    onError: (_namespace, error) => onError(error),
  });
  const check = (namespace: string): void => {
    const data = dataOf(uses, namespace);
    const has = stored.get(namespace);
    if (Object.entries(data).some(([workload, text]) => has?.[workload] !== text)) queue.add(namespace, data);
  };
  const learn = (maps: readonly ConfigMap[]): void => {
    graph.batch(() => {
      for (const { metadata, data = {} } of maps) {
        stored.set(metadata.namespace ?? "", data);
        for (const [workload, text] of Object.entries(data)) {
          const key = `${metadata.namespace}/${workload}`;
          const kept = parse(text);
          if (kept) uses.set(key, allUses(uses.get(key), kept));
        }
      }
    });
    for (const { metadata } of maps) check(metadata.namespace ?? "");
  };
  const synced = Promise.withResolvers<void>();
  const handler = {
    sync: (maps: readonly ConfigMap[]) => {
      learn(maps);
      synced.resolve();
    },
    change: (deltas: readonly { type: "upsert" | "delete"; object: ConfigMap }[]) => {
      for (const { type, object } of deltas) if (type === "delete") stored.delete(object.metadata.namespace ?? "");
      learn(deltas.filter(({ type }) => type === "upsert").map(({ object }) => object));
    },
    trouble: onError,
  };
  const following = reflect<ConfigMap>(
    store,
    configMapKind.type,
    { labelSelector: `${LABEL}=true`, longestRetryMs: 5_000 },
    handler,
    signal,
  );
  await synced.promise;
  const stop = graph.onChange(uses, (changes) => {
    for (const namespace of new Set([...changes.keys()].map(namespaceOf))) check(namespace);
  });
  return {
    close: async () => {
      stop();
      await Promise.all([queue.close(), following]);
    },
  };
}
async function write(store: Store, namespace: string, data: Record<string, string>): Promise<void> {
  const body = { data };
  try {
    await store.patch(configMapKind.type, { namespace, name: NAME }, { type: "merge", body });
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
    const metadata = { namespace, name: NAME, labels: { [LABEL]: "true" } };
    await store
      .create<ConfigMap>(configMapKind.type, { apiVersion: "v1", kind: "ConfigMap", metadata, data })
      .catch((refusal: unknown) => {
        // the namespace is gone or going, and with it all that could be remembered
        const gone = refusal instanceof StoreError && (refusal.reason === "NotFound" || refusal.reason === "Forbidden");
        if (!gone) throw refusal;
      });
  }
}

function dataOf(uses: Input<Uses>, namespace: string): Record<string, string> {
  const own = [...uses.entries()].filter(([key]) => namespaceOf(key) === namespace);
  return Object.fromEntries(own.map(([key, value]) => [key.slice(namespace.length + 1), JSON.stringify(value)]));
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/** People can edit ConfigMaps: what is not as we wrote it is not used. */
function parse(text: string): Uses | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("hosts" in value) || !("clusters" in value)) return undefined;
    return { hosts: names(value.hosts), clusters: names(value.clusters) };
  } catch {
    return undefined;
  }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
