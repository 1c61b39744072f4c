import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import type { Objects } from "./objects.ts";

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5000;

/** Keeps a view of a kind up to date until `signal` aborts. Resolves once the view holds the first list. */
export async function watchAll<T extends KubeObject>(
  store: Store,
  objects: Objects<T>,
  report: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const first = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => first.resolve(), { once: true });
  void follow(store, objects, report, signal, first.resolve);
  await first.promise;
}

async function follow<T extends KubeObject>(
  store: Store,
  objects: Objects<T>,
  report: (error: unknown) => void,
  signal: AbortSignal,
  listed: () => void,
): Promise<void> {
  let resourceVersion: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) {
        const list = await store.list<T>(objects.type);
        objects.sawAll(list.items, list.resourceVersion);
        resourceVersion = list.resourceVersion;
        listed();
      }
      for await (const event of store.watch<T>(objects.type, { resourceVersion, signal })) {
        retryMs = FIRST_RETRY_MS;
        if (event.type === "BOOKMARK") {
          resourceVersion = event.resourceVersion;
          continue;
        }
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        if (event.type === "DELETED") objects.sawEnd(event.object);
        else objects.saw(event.object);
      }
      // A server may end a watch whenever it likes. One that always does must not make this loop a busy one.
      await pause(FIRST_RETRY_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof StoreError && error.reason === "Expired") {
        resourceVersion = undefined;
        continue;
      }
      report(error);
      await pause(retryMs, signal);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }
}

/** Waits, but not beyond the end. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
