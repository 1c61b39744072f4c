import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { frozenProblems, keyProblems } from "./config-map.ts";
import { immutable } from "./pod-validation.ts";
import { bool, text, textMap } from "./shape.ts";

const schema = Type.Partial(Type.Object({ type: text, data: textMap, stringData: textMap, immutable: bool }));

export type Secret = KubeObject & Type.Static<typeof schema>;

/** Keys that a type of secret must have. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

export const secretKind: Kind<Secret> = {
  type: { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true },
  singular: "secret",
  description: "Secret holds data that is not for everybody's eyes. Values are base64.",
  schema,
  /** What is written as stringData is stored in data. */
  defaults({ stringData, ...secret }) {
    const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value).toString("base64"),
    ]);
    return {
      ...secret,
      ...((secret.data || stringData) && { data: { ...secret.data, ...Object.fromEntries(encoded) } }),
      type: secret.type ?? "Opaque",
    };
  },
  validate(secret) {
    const missing = (REQUIRED[secret.type ?? ""] ?? []).filter((key) => secret.data?.[key] === undefined);
    const base64: Problem[] = Object.entries(secret.data ?? {})
      .filter(([, value]) => !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value))
      .map(([key]) => ({
        code: "LTN1101",
        field: `data[${key}]`,
        message: "not base64",
        remedy: "encode the value with base64, or put it under stringData",
      }));
    return [
      ...missing.map((key) => ({
        code: "LTN1103",
        field: `data[${key}]`,
        message: `a secret of type ${secret.type} has it`,
      })),
      ...keyProblems("data", secret.data),
      ...base64,
    ];
  },
  validateUpdate: (secret, old) => [
    ...immutable("type", secret.type, old.type),
    ...frozenProblems(secret, old, ["data"]),
  ],
};
