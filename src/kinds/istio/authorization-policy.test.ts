import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { authorizationPolicyKind } from "./authorization-policy.ts";

/** The fields of which something is said. */
function problems(spec: object): string[] {
  const metadata = { name: "a", namespace: "default" };
  const object = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", metadata, spec };
  return (authorizationPolicyKind.validate?.(object) ?? []).map(({ field }) => field);
}

const source = (fields: object) => ({ rules: [{ from: [{ source: fields }] }] });
const operation = (fields: object) => ({ rules: [{ to: [{ operation: fields }] }] });
const when = (key: string, values: string[], notValues?: string[]) => ({
  rules: [{ when: [{ key, values, ...(notValues && { notValues }) }] }],
});
const custom = (rules: unknown) => ({ action: "CUSTOM", provider: { name: "x" }, rules });

const FROM = "spec.rules[0].from[0].source";
const TO = "spec.rules[0].to[0].operation";
const WHEN = "spec.rules[0].when[0]";

const REFUSED: [what: string, spec: object, field: string][] = [
  ["CUSTOM without a provider", { action: "CUSTOM", rules: [{}] }, "spec.provider.name"],
  ["CUSTOM without rules", { action: "CUSTOM", provider: { name: "x" } }, "spec.rules"],
  ["CUSTOM by principals", custom([{ from: [{ source: { principals: ["a"] } }] }]), `${FROM}.principals`],
  ["CUSTOM by tokens", custom([{ when: [{ key: "request.auth.claims[a]", values: ["b"] }] }]), `${WHEN}.key`],
  ["ALLOW with a provider", { provider: { name: "x" }, rules: [{}] }, "spec.provider"],
  ["DENY with a provider", { action: "DENY", provider: { name: "x" }, rules: [{}] }, "spec.provider"],
  ["DENY without rules", { action: "DENY" }, "spec.rules"],
  ["an empty from", { rules: [{ from: [] }] }, "spec.rules[0].from"],
  ["an empty to", { rules: [{ to: [] }] }, "spec.rules[0].to"],
  ["no source", { rules: [{ from: [{}] }] }, FROM],
  ["an empty source", source({}), FROM],
  ["no operation", { rules: [{ to: [{}] }] }, TO],
  ["an empty operation", operation({}), TO],
  ["an empty principal", source({ principals: [""] }), `${FROM}.principals[0]`],
  ["an empty path", operation({ paths: ["/a", ""] }), `${TO}.paths[1]`],
  ["a bad address", source({ ipBlocks: ["10.0.0.300"] }), `${FROM}.ipBlocks[0]`],
  ["a bad range", source({ notRemoteIpBlocks: ["10.0.0.0/33"] }), `${FROM}.notRemoteIpBlocks[0]`],
  ["a bad port", operation({ ports: ["http"] }), `${TO}.ports[0]`],
  ["a port beyond the last", operation({ notPorts: ["65536"] }), `${TO}.notPorts[0]`],
  [
    "service accounts beside namespaces",
    source({ serviceAccounts: ["a"], namespaces: ["b"] }),
    `${FROM}.serviceAccounts`,
  ],
  ["a star in a service account", source({ serviceAccounts: ["a*"] }), `${FROM}.serviceAccounts[0]`],
  ["half a service account", source({ notServiceAccounts: ["a/"] }), `${FROM}.notServiceAccounts[0]`],
  ["a slash in a trust domain", source({ trustDomains: ["a/b"] }), `${FROM}.trustDomains[0]`],
  ["a star amid a trust domain", source({ trustDomains: ["a*b"] }), `${FROM}.trustDomains[0]`],
  ["{**} before {*}", operation({ paths: ["/{**}/{*}"] }), `${TO}.paths[0]`],
  ["a named template", operation({ paths: ["/{name}/x"] }), `${TO}.paths[0]`],
  ["half a template", operation({ notPaths: ["/a{*}"] }), `${TO}.notPaths[0]`],
  ["a star beside a template", operation({ paths: ["/{*}/a*"] }), `${TO}.paths[0]`],
  ["an unknown key", when("request.body", ["x"]), `${WHEN}.key`],
  ["a key that Istio had once", when("destination.labels[a]", ["x"]), `${WHEN}.key`],
  ["a header without a name", when("request.headers[]", ["x"]), `${WHEN}.key`],
  ["a condition without values", when("source.ip", []), WHEN],
  ["an empty value", when("request.headers[a]", [""]), `${WHEN}.values[0]`],
  ["an address in a condition", when("source.ip", ["x"]), `${WHEN}.values[0]`],
  ["a port in a condition", when("destination.port", ["80"], ["x"]), `${WHEN}.notValues[0]`],
  ["a selector and a target", { selector: {}, targetRefs: [{ kind: "Gateway", name: "g" }] }, "spec.targetRefs"],
];

const TAKEN: [what: string, spec: object][] = [
  ["nothing", {}],
  ["no rule", { rules: [] }],
  ["an empty rule", { action: "DENY", rules: [{}] }],
  [
    "CUSTOM about addresses and requests",
    custom([{ from: [{ source: { ipBlocks: ["::1"], notRemoteIpBlocks: ["10.0.0.0/8"] } }] }]),
  ],
  ["service accounts", source({ serviceAccounts: ["a", "b/c"], ipBlocks: ["10.0.0.1"] })],
  ["trust domains", source({ trustDomains: ["*", "a.b", "*.b", "a*"] })],
  ["templates", operation({ paths: ["/{*}/a/{**}", "{**}", "/a*", "/*/b"] })],
  ["a claim in a claim", when("request.auth.claims[a][b]", ["x"])],
  ["a claim that is a URL", when("request.auth.claims[https://a.b/c]", ["x"])],
  ["what other filters have noted", when("experimental.envoy.filters.a.b[c]", ["[x]"])],
];

describe("AuthorizationPolicy", () => {
  for (const [what, spec, field] of REFUSED) {
    test(`${what} is refused`, () => assert.ok(problems(spec).includes(field), problems(spec).join(", ")));
  }
  for (const [what, spec] of TAKEN) test(`${what} is fine`, () => assert.deepEqual(problems(spec), []));
});
