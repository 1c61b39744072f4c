/** Objects of one resource kept in memory, and kept up to date. */
import { type KubeObject, keyOf, type ResourceType } from "../../../store/object.ts";
import { reflect } from "../../../store/reflector.ts";
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

/** The API server is on this machine: it is back soon, or not at all. */
const LONGEST_RETRY_MS = 5000;

export function startInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { store, type, signal, list, onChange, onError } = options;
  const rows = new Map<string, T>();
  const synced = Promise.withResolvers<void>();
  const informer: Informer<T> = {
    get: (key) => rows.get(key),
    values: () => rows.values(),
    synced: synced.promise,
  };
  const changed = (keys: readonly string[]): void => {
    if (keys.length === 0) return;
    try {
      onChange?.(new Set(keys), informer);
    } catch (error) {
      // What one change breaks must not end the node, and with it every pod's supervision.
      onError?.(error);
    }
  };
  void reflect<T>(
    store,
    type,
    { ...list, longestRetryMs: LONGEST_RETRY_MS },
    {
      sync: (objects) => {
        for (const object of objects) rows.set(keyOf(object), object);
        changed([...rows.keys()]);
        synced.resolve();
      },
      change: (deltas) => {
        for (const { type: what, key, object } of deltas) {
          if (what === "delete") rows.delete(key);
          else rows.set(key, object);
        }
        changed(deltas.map(({ key }) => key));
      },
      trouble: (error) => onError?.(error),
    },
    signal,
  );
  return informer;
}
