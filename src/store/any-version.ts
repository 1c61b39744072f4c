import { StoreError } from "./error.ts";
import type { KubeObject, ResourceType } from "./object.ts";
import type { ListOptions, ObjectList, Store, WatchEvent, WatchOptions } from "./store.ts";

export type Reads = Pick<Store, "list" | "watch">;

/**
 * Reads a kind in the first of its versions that the server has: a cluster with definitions of an older or newer
 * release may lack the one that we prefer, and the schemas agree.
 */
export function anyVersion(store: Reads, versions: readonly string[]): Reads {
  let served: string | undefined;
  return {
    async list<T extends KubeObject>(type: ResourceType, options?: ListOptions): Promise<ObjectList<T>> {
      let absent: unknown;
      for (const version of new Set([served ?? type.version, ...versions])) {
        try {
          const list = await store.list<T>({ ...type, version }, options);
          served = version;
          return list;
        } catch (error) {
          if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
          absent ??= error;
        }
      }
      served = undefined;
      throw absent;
    },
    watch: <T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>> =>
      store.watch<T>({ ...type, version: served ?? type.version }, options),
  };
}
