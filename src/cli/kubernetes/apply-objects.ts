import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { ObjectName, Store, WriteOptions } from "../../store/store.ts";

/** Who owns the fields that lateen applies. */
const FIELD_MANAGER = "lateen";

export type Applied = "created" | "configured" | "unchanged";

/** Server-side apply of one object, and what came of it. */
export async function applyObject(
  store: Store,
  type: ResourceType,
  name: ObjectName,
  body: KubeObject,
  options: WriteOptions = {},
): Promise<Applied> {
  const before = await store.get(type, name).catch((error: unknown) => {
    if (error instanceof StoreError && error.reason === "NotFound") return undefined;
    throw error;
  });
  const after = await store.patch(type, name, { type: "apply", body }, { ...options, fieldManager: FIELD_MANAGER });
  if (!before) return "created";
  return before.metadata.resourceVersion === after.metadata.resourceVersion ? "unchanged" : "configured";
}
