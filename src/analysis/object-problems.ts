/** What is wrong with an object by itself, whatever else there is: what the API would refuse, and what it would warn of. */
import type { Kind, Problem } from "../kinds/kind.ts";
import { metadataRules, unknownMetadata } from "../store/check/metadata.ts";
import { unknownFields } from "../store/check/unknown-fields.ts";
import { apiVersionOf, type KubeObject } from "../store/object.ts";

/** Of an object whose fields have the right types. `strict`: also fields that the kind does not know, and names. */
export function objectProblems(kind: Kind, object: KubeObject, strict: boolean): Problem[] {
  const own = kind.validate?.(object) ?? [];
  return strict ? [...versionProblems(kind, object), ...misspelt(kind, object), ...names(kind, object), ...own] : own;
}

function versionProblems(kind: Kind, { apiVersion }: KubeObject): Problem[] {
  const { type, otherVersions = [] } = kind;
  const served = [type.version, ...otherVersions].map((version) => apiVersionOf({ ...type, version }));
  if (served.includes(apiVersion)) return [];
  return [
    {
      code: "IST0106",
      field: "apiVersion",
      message: `${type.kind} has no version ${apiVersion}`,
      remedy: `write ${served[0]}`,
    },
  ];
}

function misspelt(kind: Kind, object: KubeObject): Problem[] {
  const { apiVersion: _, kind: __, metadata, ...content } = object;
  const fields = [...unknownMetadata(metadata), ...(kind.open ? [] : unknownFields(kind.schema, content))];
  return fields.map(({ path, meant }) => ({
    code: "IST0106",
    field: path,
    message: `there is no field ${path}`,
    remedy: meant === undefined ? "take it out, or see where it belongs" : `did you mean ${meant}?`,
  }));
}

function names({ type }: Kind, { metadata }: KubeObject): Problem[] {
  return metadataRules(type, metadata, undefined).map(({ field, message }) => ({ code: "IST0106", field, message }));
}
