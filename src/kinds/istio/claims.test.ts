import assert from "node:assert/strict";
import { test } from "node:test";
import { claimPath } from "./claims.ts";
import { virtualServiceKind } from "./virtual-service.ts";
import type { VirtualServiceSpec } from "./virtual-service-schema.ts";

for (const [name, path] of [
  ["@request.auth.claims.sub", ["sub"]],
  ["@request.auth.claims.realm.Roles", ["realm", "Roles"]],
  ["@Request.Auth.Claims.sub", ["sub"]],
  ["@request.auth.claims[sub]", ["sub"]],
  ["@request.auth.claims[https://acme.com/roles][a.b]", ["https://acme.com/roles", "a.b"]],
  ["@request.auth.claims.[sub]", ["[sub]"]],
  ["@request.auth.claims", undefined],
  ["@request.auth.claims.", undefined],
  ["@request.auth.claims.a..b", undefined],
  ["@request.auth.claims[]", undefined],
  ["@request.auth.claims[a", undefined],
  ["@request.auth.claims[a][]", undefined],
  ["@request.auth.claimssub", undefined],
  ["x-claims", undefined],
] as const) {
  test(`${name} ${path ? `is the claim ${path.join(" > ")}` : "names no claim"}`, () =>
    assert.deepEqual(claimPath(name), path));
}

const problems = (
  check: "validate" | "warn",
  part: "headers" | "withoutHeaders",
  name: string,
  more: VirtualServiceSpec,
) => {
  const match = [{ [part]: { [name]: { exact: "a" } } }];
  const spec: VirtualServiceSpec = { http: [{ match, route: [{ destination: { host: "reviews" } }] }], ...more };
  const metadata = { name: "x", namespace: "default" };
  const found = virtualServiceKind[check]?.({
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata,
    spec,
  });
  return (found ?? []).map(({ field }) => field.replace("spec.http[0].match[0].", ""));
};

test("a VirtualService routes by claims at gateways, and nowhere else", () => {
  for (const part of ["headers", "withoutHeaders"] as const) {
    const of = (more: VirtualServiceSpec, name = "@request.auth.claims[Group]") =>
      problems("validate", part, name, more);
    assert.deepEqual(of({ hosts: ["a.com"], gateways: ["edge"] }), []);
    assert.deepEqual(of({ hosts: ["a.com"], gateways: ["mesh", "edge"] }), []);
    // a delegate is where those are who hand over to it
    assert.deepEqual(of({}), []);
    assert.deepEqual(of({ hosts: ["a.com"] }), [`${part}[@request.auth.claims[Group]]`]);
    assert.deepEqual(of({ hosts: ["a.com"], gateways: ["mesh"] }), [`${part}[@request.auth.claims[Group]]`]);
    assert.deepEqual(of({ hosts: ["a.com"], gateways: ["edge"] }, "@request.auth.claims"), [
      `${part}[@request.auth.claims]`,
    ]);
  }
});

test("claims keep their case, which is no reason for a warning", () => {
  assert.deepEqual(
    problems("warn", "headers", "@request.auth.claims.Group", { hosts: ["a.com"], gateways: ["edge"] }),
    [],
  );
});
