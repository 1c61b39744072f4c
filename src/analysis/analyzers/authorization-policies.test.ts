import assert from "node:assert/strict";
import { test } from "node:test";
import { found, namespace, pod, together } from "../testing.ts";
import { authorizationPoliciesAnalyzer } from "./authorization-policies.ts";

const policy = (spec: string, home = "default"): string =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: ${home}}, spec: ${spec}}`;
const world = together(namespace("default", "{istio-injection: enabled}"), namespace("prod-eu"), pod("a", "{app: a}"));
const told = (...policies: string[]): string[] => found(authorizationPoliciesAnalyzer, together(world, ...policies));

test("a policy that protects nothing is told", () => {
  assert.deepEqual(told(policy("{selector: {matchLabels: {app: b}}}")), [
    "IST0127 AuthorizationPolicy default/p spec.selector.matchLabels",
  ]);
  assert.deepEqual(told(policy("{}", "prod-eu")), ["IST0127 AuthorizationPolicy prod-eu/p metadata.name"]);
});

test("one that protects a workload, a target, or the whole mesh is fine", () => {
  assert.deepEqual(told(policy("{selector: {matchLabels: {app: a}}}")), []);
  assert.deepEqual(told(policy("{}", "istio-system")), []);
  assert.deepEqual(told(policy("{selector: {matchLabels: {app: a}}}", "istio-system")), []);
  assert.deepEqual(told(policy("{targetRefs: [{kind: Gateway, name: g}]}", "prod-eu")), []);
});

test("namespaces that it names must be there; patterns match", () => {
  const from = (names: string): string => policy(`{rules: [{from: [{source: {namespaces: ${names}}}]}]}`);
  assert.deepEqual(told(from("[default, prod-*, '*-eu', '*']")), []);
  assert.deepEqual(told(from("[default, stage]")), [
    "IST0101 AuthorizationPolicy default/p spec.rules[0].from[0].source.namespaces[1]",
  ]);
});
