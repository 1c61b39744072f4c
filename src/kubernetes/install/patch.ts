import { kinds } from "../../kinds/registry.ts";
import { apiVersionOf, type KubeObject } from "../../store/object.ts";
import { patchObject } from "../../store/patch/patch-object.ts";
import { shapesOf } from "../../store/patch/shapes.ts";

/** The object with a strategic merge patch on it: lists such as containers and env are merged by name. */
export function patched(object: KubeObject, patch: object): KubeObject {
  const kind = kindOf(object);
  return kind ? patchObject(object, { type: "strategic", body: patch }, shapesOf(kind)) : object;
}

export function kindOf({ apiVersion, kind }: KubeObject) {
  return kinds.find(({ type }) => type.kind === kind && apiVersionOf(type) === apiVersion);
}
