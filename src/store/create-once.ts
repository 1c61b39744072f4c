import { StoreError } from "./error.ts";
import type { KubeObject, ResourceType } from "./object.ts";
import type { Store } from "./store.ts";

/** Creates an object unless there is one of its name, which is left as it is. */
export async function createOnce(store: Store, type: ResourceType, object: KubeObject): Promise<void> {
  try {
    await store.create(type, object);
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
  }
}
