/** Objects of one resource kept in memory: listed once, then watched; listed again when the watch cannot go on. */
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../../store/error.ts";
import { type KubeObject, keyOf, type ResourceType } from "../../../store/object.ts";
import type { ListOptions, Store } from "../../../store/store.ts";

export interface InformerOptions<T extends KubeObject> {
  store: Store;
  type: ResourceType;
  signal: AbortSignal;
  list?: ListOptions;
  /** After a batch of changes: keys that came, changed or went. */
  onChange?(keys: ReadonlySet<string>, informer: Informer<T>): void;
  onError?(error: unknown): void;
}

export interface Informer<T extends KubeObject> {
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  /** Resolves after the first list. */
  synced: Promise<void>;
}

const RETRY_MS = { first: 100, most: 5000 };

export function startInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const rows = new Map<string, T>();
  const synced = Promise.withResolvers<void>();
  const informer: Informer<T> = {
    get: (key) => rows.get(key),
    values: () => rows.values(),
    synced: synced.promise,
  };
  void follow(options, rows, informer, synced.resolve);
  return informer;
}

async function follow<T extends KubeObject>(
  { store, type, signal, list, onChange, onError }: InformerOptions<T>,
  rows: Map<string, T>,
  informer: Informer<T>,
  listed: () => void,
): Promise<void> {
  const changed = (keys: ReadonlySet<string>) => {
    if (keys.size > 0) onChange?.(keys, informer);
  };
  let version: string | undefined;
  let pause = RETRY_MS.first;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const { items, resourceVersion } = await store.list<T>(type, list);
        changed(replace(rows, items));
        version = resourceVersion;
        listed();
      }
      for await (const event of store.watch<T>(type, { ...list, resourceVersion: version, signal })) {
        pause = RETRY_MS.first;
        if (event.type === "BOOKMARK") {
          version = event.resourceVersion;
          continue;
        }
        version = event.object.metadata.resourceVersion ?? version;
        const key = keyOf(event.object);
        if (event.type === "DELETED") rows.delete(key);
        else rows.set(key, event.object);
        changed(new Set([key]));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof StoreError && error.reason === "Expired") version = undefined;
      else onError?.(error);
    }
    // Servers close watches now and then, and go away: both end here, and the watch resumes where it was.
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, RETRY_MS.most);
  }
}

/** Makes the rows those listed; returns what differs. */
function replace<T extends KubeObject>(rows: Map<string, T>, items: readonly T[]): Set<string> {
  const changed = new Set<string>();
  const next = new Map(items.map((item) => [keyOf(item), item]));
  for (const key of rows.keys()) {
    if (next.has(key)) continue;
    rows.delete(key);
    changed.add(key);
  }
  for (const [key, item] of next) {
    if (rows.get(key)?.metadata.resourceVersion === item.metadata.resourceVersion && rows.has(key)) continue;
    rows.set(key, item);
    changed.add(key);
  }
  return changed;
}
