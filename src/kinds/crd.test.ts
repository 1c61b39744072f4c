import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isBuiltIn, toCrd } from "./crd.ts";
import { gatewayApiKinds } from "./gateway-api/index.ts";
import { kinds } from "./registry.ts";

/** What a structural schema of apiextensions.k8s.io/v1 may say. */
const ALLOWED = new Set([
  "additionalProperties",
  "default",
  "description",
  "enum",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maximum",
  "minItems",
  "minLength",
  "minProperties",
  "maxProperties",
  "minimum",
  "nullable",
  "pattern",
  "properties",
  "required",
  "type",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
  // of values only: types may not be in them
  "allOf",
  "oneOf",
]);

function* problems(schema: unknown, path: string): Generator<string> {
  if (typeof schema !== "object" || schema === null) {
    yield `${path} is no schema`;
    return;
  }
  const entries = new Map(Object.entries(schema));
  for (const key of entries.keys()) if (!ALLOWED.has(key)) yield `${path} says ${key}`;
  const typed = ["type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"];
  if (!typed.some((key) => entries.has(key))) yield `${path} has no type`;
  const properties: unknown = entries.get("properties");
  if (typeof properties === "object" && properties !== null) {
    for (const [name, property] of Object.entries(properties)) yield* problems(property, `${path}.${name}`);
    for (const name of Object(entries.get("required") ?? [])) {
      if (!(String(name) in properties)) yield `${path} requires ${name}, which it does not have`;
    }
  }
  if (entries.has("items")) yield* problems(entries.get("items"), `${path}[]`);
  if (entries.has("additionalProperties")) yield* problems(entries.get("additionalProperties"), `${path}.*`);
}

describe("every kind that Kubernetes does not have makes a definition that it accepts", () => {
  for (const kind of kinds.filter((one) => !isBuiltIn(one.type.group))) {
    test(`${kind.type.kind}.${kind.type.group}`, () => {
      const { spec } = toCrd(kind);
      const { versions } = Object(spec);
      assert.equal(versions.filter((version: { storage: boolean }) => version.storage).length, 1);
      for (const { name, schema } of versions) {
        assert.deepEqual([...problems(schema.openAPIV3Schema, name)], []);
      }
    });
  }
});

test("the Gateway API's definitions say which version of it they are, in its own words", () => {
  const annotations = gatewayApiKinds.map((kind) => toCrd(kind).metadata.annotations ?? {});
  for (const each of annotations) assert.match(each["gateway.networking.k8s.io/bundle-version"] ?? "", /^v1\.6\.\d+$/);
});

test("groups of Kubernetes itself need no definitions", () => {
  for (const group of ["", "apps", "discovery.k8s.io"]) assert.ok(isBuiltIn(group), group);
  for (const group of ["networking.istio.io", "gateway.networking.k8s.io"]) assert.ok(!isBuiltIn(group), group);
});
