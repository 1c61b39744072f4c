import assert from "node:assert/strict";
import { test } from "node:test";
import { found, pod, together } from "../testing.ts";
import { ineffectiveSelectorsAnalyzer } from "./ineffective-selectors.ts";

const gate = pod("g", "{gateway.networking.k8s.io/gateway-name: edge, app: g}");
const policy = (selector: string): string =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p}, spec: ${selector}}`;

test("a policy that selects the pods of a Gateway API gateway is told", () => {
  const told = (spec: string): string[] => found(ineffectiveSelectorsAnalyzer, together(gate, policy(spec)));
  assert.deepEqual(told("{selector: {matchLabels: {app: g}}}"), [
    "IST0166 AuthorizationPolicy default/p spec.selector",
  ]);
  assert.deepEqual(told("{selector: {matchLabels: {app: other}}}"), []);
  assert.deepEqual(told("{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]}"), []);
});
