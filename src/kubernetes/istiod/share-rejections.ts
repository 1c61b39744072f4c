import type { Rejected, RejectionReports } from "../../control-plane/status/rejections.ts";
import { workQueue } from "../../control-plane/status/work-queue.ts";
import type { Graph } from "../../engine/graph.ts";
import { type ConfigMap, configMapKind } from "../../kinds/core/config-map.ts";
import { createOnce } from "../../store/create-once.ts";
import { StoreError } from "../../store/error.ts";
import { reflect } from "../../store/reflector.ts";
import type { Store } from "../../store/store.ts";

export interface ShareRejectionsOptions {
  store: Store;
  graph: Graph;
  reports: RejectionReports;
  /** The name of this control plane's pod. */
  own: string;
  namespace: string;
  /** Whether there is still a pod of this name. */
  lives(pod: string): boolean;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/** A key for each replica, with what its proxies reject. */
const NAME = "lateen-rejections";
/** A ConfigMap holds a megabyte, and there may be many replicas. */
const MOST_SHARED = 100;
const LONGEST_MESSAGE = 500;

/**
 * Tells the other control planes what the proxies of this one reject, and hears it from them, so that whoever leads can
 * say it in the objects' statuses. Resolves when `signal` has aborted and nothing of ours is told any more.
 */
export async function shareRejections(options: ShareRejectionsOptions): Promise<void> {
  const { store, graph, reports, own, namespace, lives, signal, onError } = options;
  let told: Readonly<Record<string, string>> = {};
  let spoke = false;
  const queue = workQueue<string | undefined>({
    run: (_key, text) => tell(store, namespace, { ...gone(told, own, lives), [own]: text ?? null }),
    onError: (_key, error) => onError(error),
  });
  const tellOwn = (): void => {
    const text = textOf(reports.get(own) ?? []);
    if (text === told[own]) return;
    spoke = true;
    queue.add(own, text);
  };
  const learn = (map: ConfigMap | undefined): void => {
    told = map?.data ?? {};
    graph.batch(() => {
      for (const replica of [...reports.keys()]) if (replica !== own && !(replica in told)) reports.delete(replica);
      for (const [replica, text] of Object.entries(told)) if (replica !== own) reports.set(replica, parsed(text));
    });
    tellOwn();
  };
  const stop = graph.onChange(reports, (changes) => {
    if (changes.has(own)) tellOwn();
  });
  await reflect<ConfigMap>(
    store,
    configMapKind.type,
    { namespace, fieldSelector: `metadata.name=${NAME}`, longestRetryMs: 5_000 },
    {
      sync: ([map]) => learn(map),
      change: (deltas) => {
        for (const { type, object } of deltas) learn(type === "upsert" ? object : undefined);
      },
      trouble: onError,
    },
    signal,
  );
  stop();
  await queue.close();
  // Our proxies go to others, who will hear the same from them.
  if (spoke) await tell(store, namespace, { [own]: null }).catch(onError);
}

/** What replicas said that are no more. */
function gone(told: object, own: string, lives: (pod: string) => boolean): Record<string, null> {
  const dead = Object.keys(told).filter((replica) => replica !== own && !lives(replica));
  return Object.fromEntries(dead.map((replica) => [replica, null]));
}

async function tell(store: Store, namespace: string, data: Record<string, string | null>): Promise<void> {
  const patch = () =>
    store.patch(configMapKind.type, { namespace, name: NAME }, { type: "merge", body: { data } }).then(() => {});
  try {
    await patch();
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
    const empty: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: NAME } };
    await createOnce(store, configMapKind.type, empty);
    await patch();
  }
}

function textOf(rejected: readonly Rejected[]): string | undefined {
  if (rejected.length === 0) return undefined;
  const shared = rejected
    .slice(0, MOST_SHARED)
    .map((each) => ({ ...each, message: each.message.slice(0, LONGEST_MESSAGE) }));
  return JSON.stringify(shared);
}

/** People can edit ConfigMaps: what is not as we wrote it is not believed. */
function parsed(text: string): Rejected[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isRejected) : [];
  } catch {
    return [];
  }
}

function isRejected(value: unknown): value is Rejected {
  const parts = (of: unknown, ...names: string[]): boolean =>
    typeof of === "object" && of !== null && names.every((name) => typeof Reflect.get(of, name) === "string");
  return parts(value, "proxy", "message") && parts(Reflect.get(Object(value), "origin"), "kind", "namespace", "name");
}
