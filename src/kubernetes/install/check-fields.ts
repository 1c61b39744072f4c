import { Type } from "typebox";
import { LateenError } from "../../errors.ts";
import { unknownFields } from "../../store/check/unknown-fields.ts";
import { isFields } from "../../store/patch/json.ts";
import type { Notice } from "./installation.ts";
import { OperatorSpec } from "./operator-schema.ts";
import type { Tree } from "./tree.ts";
import { unsupported } from "./unsupported.ts";

const schema = Type.Object({ spec: OperatorSpec });

/**
 * Returns `spec` without those of Istio's fields that change nothing here, with a notice for each. Throws on fields
 * that are refused, and on those that nobody knows.
 */
export function checkFields(source: string, spec: Tree): { spec: Tree; notices: Notice[] } {
  const copy = structuredClone(spec);
  const notices: Notice[] = [];
  const problems: string[] = [];
  for (const { path, name, parent, meant } of unknownFields(schema, { spec: copy })) {
    const value = parent[name];
    const known = unsupported(path.replaceAll(/^spec\.|\[\d+\]/g, "").replaceAll(/\[([^\]]+)\]/g, ".$1"));
    if (!known) {
      problems.push(`${path}: there is no such field${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
    } else if (!isOff(value)) {
      if (known.refused) problems.push(`${path}: Lateen does without: ${known.why}`);
      else notices.push({ field: path, message: `has no effect: ${known.why}` });
    }
    delete parent[name];
  }
  if (problems.length > 0) {
    throw new LateenError(
      "LTN5304",
      `${source}: ${problems.join("\n  ")}`,
      "docs/install.md lists the fields; `lateen profile dump` shows them with their values.",
    );
  }
  return { spec: copy, notices };
}

/** Asking for nothing is no request. */
function isOff(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "" || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && (value.enabled === false || Object.values(value).every(isOff));
}
