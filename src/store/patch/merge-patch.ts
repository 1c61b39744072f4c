import { type Fields, isFields, own, put } from "./json.ts";

/** JSON merge patch, RFC 7386: objects are merged, null removes, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else put(result, name, mergePatch(own(result, name), value));
  }
  return result;
}
