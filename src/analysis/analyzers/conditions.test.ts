import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, messages } from "../testing.ts";
import { conditionsAnalyzer } from "./conditions.ts";

const route = (status: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{name: g}], rules: []}
status: {parents: [{parentRef: {name: g}, controllerName: c, conditions: [{type: ResolvedRefs, status: "${status}", reason: BackendNotFound, message: no x}]}]}
`;

test("a condition that says what does not work is told in its words", () => {
  const [message] = messages(conditionsAnalyzer, clusterOf(route("False")));
  assert.equal(message?.code, "IST0171");
  assert.equal(message?.field, "status.parents[0].conditions");
  assert.equal(message?.text, "condition ResolvedRefs is False: BackendNotFound: no x");
  assert.deepEqual(found(conditionsAnalyzer, route("True")), []);
});

test("a Gateway's own conditions are looked at", () => {
  const gateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec: {gatewayClassName: istio, listeners: []}
status: {conditions: [{type: Programmed, status: "False", reason: AddressNotAssigned, message: none}]}
`;
  assert.deepEqual(found(conditionsAnalyzer, gateway), ["IST0171 Gateway default/g status.conditions"]);
});
