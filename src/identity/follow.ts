import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../store/error.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import type { ListOptions, Store } from "../store/store.ts";

export interface FollowOptions extends ListOptions {
  signal: AbortSignal;
  onError(error: unknown): void;
}

const RETRY_MS = [100, 500, 2_000, 5_000];

/** Calls `saw` with every object that is there and every one that comes, changes or (`gone`) goes, until aborted. */
export async function follow<T extends KubeObject>(
  store: Store,
  type: ResourceType,
  options: FollowOptions,
  saw: (object: T, gone: boolean) => void,
): Promise<void> {
  const { signal, onError, ...selection } = options;
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) {
        const list = await store.list<T>(type, selection);
        resourceVersion = list.resourceVersion;
        for (const object of list.items) saw(object, false);
      }
      for await (const event of store.watch<T>(type, { ...selection, resourceVersion, signal })) {
        failures = 0;
        if (event.type === "BOOKMARK") resourceVersion = event.resourceVersion;
        else {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          saw(event.object, event.type === "DELETED");
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof StoreError && error.reason === "Expired") resourceVersion = undefined;
      else onError(error);
      const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
