import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { bool, textMap } from "./shape.ts";

const schema = Type.Partial(Type.Object({ data: textMap, binaryData: textMap, immutable: bool }));

export type ConfigMap = KubeObject & Type.Static<typeof schema>;

export const configMapKind: Kind<ConfigMap> = {
  type: { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true },
  singular: "configmap",
  shortNames: ["cm"],
  description: "ConfigMap holds configuration data for pods.",
  schema,
  validate: ({ data, binaryData }) => [...keyProblems("data", data), ...keyProblems("binaryData", binaryData)],
  validateUpdate: (map, old) => frozenProblems(map, old, ["data", "binaryData"]),
};

/** Keys become file names in a volume. */
export function keyProblems(field: string, data: Readonly<Record<string, string>> | undefined): Problem[] {
  const bad = Object.keys(data ?? {}).filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || /^\.\.?$/.test(key));
  return bad.map((key) => ({
    code: "LTN1101",
    field: `${field}[${key}]`,
    message: `a valid config key must consist of alphanumeric characters, '-', '_' or '.', which ${JSON.stringify(key)} does not`,
  }));
}

export function frozenProblems(object: KubeObject, old: KubeObject, fields: readonly string[]): Problem[] {
  if (old.immutable !== true) return [];
  const same = (field: string): boolean => JSON.stringify(object[field]) === JSON.stringify(old[field]);
  return ["immutable", ...fields]
    .filter((field) => !same(field))
    .map((field) => ({
      code: "LTN1106",
      field,
      message: "field is immutable when `immutable` is set",
      remedy: "delete the object and create it anew",
    }));
}
