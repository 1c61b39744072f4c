import { LateenError } from "../../errors.ts";
import type { KubeObject } from "../../store/object.ts";
import { isFields } from "../../store/patch/json.ts";
import type { Overlay } from "./kubernetes-schema.ts";
import { PathError, parsePath, withPath } from "./path.ts";

/** The object with those overlays that are for it. `field` is where they stand, for messages. */
export function overlaid(object: KubeObject, overlays: readonly Overlay[], field: string): KubeObject {
  let changed = object;
  for (const [i, { kind, name, patches }] of overlays.entries()) {
    if (kind !== object.kind || name !== object.metadata.name) continue;
    for (const [j, { path, value }] of patches.entries()) {
      const at = `${field}[${i}].patches[${j}]`;
      try {
        const next = withPath(changed, parsePath(path), value ?? undefined);
        if (isObject(next)) changed = next;
        else throw new PathError("it leaves no object");
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        const remedy = `\`lateen manifest generate\` without it shows ${kind} ${name} as it is.`;
        throw new LateenError("LTN5308", `${at}: ${path}: ${error.message}`, remedy);
      }
    }
  }
  return changed;
}

function isObject(value: unknown): value is KubeObject {
  return isFields(value) && typeof value.kind === "string" && isFields(value.metadata);
}
