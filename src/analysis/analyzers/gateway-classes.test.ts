import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, messages, together } from "../testing.ts";
import { gatewayClassesAnalyzer } from "./gateway-classes.ts";

const istio =
  "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: istio}, spec: {controllerName: istio.io/gateway-controller}}";
const edge = (name: string): string =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: edge}, spec: {gatewayClassName: ${name}, listeners: []}}`;

test("a Gateway of a class that there is not is told, with the class that may have been meant", () => {
  const [message] = messages(gatewayClassesAnalyzer, clusterOf(together(istio, edge("isto"))));
  assert.deepEqual([message?.code, message?.field], ["IST0101", "spec.gatewayClassName"]);
  assert.equal(message?.remedy, 'did you mean "istio"?');
  assert.deepEqual(found(gatewayClassesAnalyzer, together(istio, edge("istio"))), []);
});
