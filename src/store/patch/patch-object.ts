/**
 * Patches: what each kind of patch makes of an object, and who owns which field afterwards. Pure functions on plain
 * JSON; storing the result is the embedded store's.
 */
import { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import type { Patch } from "../store.ts";
import { isFields } from "./json.ts";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import type { Shapes } from "./shapes.ts";
import { strategicPatch } from "./strategic.ts";

/** What a patch other than server-side apply makes of an object, which is not changed. */
export function patchObject(object: KubeObject, patch: Exclude<Patch, { type: "apply" }>, shapes: Shapes): KubeObject {
  const patched = apply(object, patch, shapes);
  if (isFields(patched) && isFields(patched.metadata)) {
    const { apiVersion, kind } = object;
    return { ...patched, apiVersion, kind, metadata: { ...patched.metadata, name: object.metadata.name } };
  }
  throw new StoreError("BadRequest", "the patch leaves no object with metadata");
}

function apply(object: KubeObject, patch: Exclude<Patch, { type: "apply" }>, shapes: Shapes): unknown {
  switch (patch.type) {
    case "json":
      return jsonPatch(object, patch.body);
    case "merge":
      return mergePatch(object, patch.body);
    case "strategic":
      if (isFields(patch.body)) return strategicPatch(object, patch.body, shapes);
      throw new StoreError("BadRequest", "a strategic merge patch must be an object");
  }
}
