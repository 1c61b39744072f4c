import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, gateway, INGRESS, messages, together } from "../testing.ts";
import { gatewayPortsAnalyzer } from "./gateway-ports.ts";

const opens = (port: number, selector = "{istio: ingressgateway}"): string =>
  gateway(
    "edge",
    `{selector: ${selector}, servers: [{port: {number: ${port}, name: http, protocol: HTTP}, hosts: ["*"]}]}`,
  );

test("a selector that selects no pod is told", () => {
  assert.deepEqual(found(gatewayPortsAnalyzer, together(INGRESS, opens(80, "{istio: ingresgateway}"))), [
    "IST0101 Gateway default/edge spec.selector",
  ]);
});

test("a port is the Service's or the pods'; another is told with those that there are", () => {
  assert.deepEqual(found(gatewayPortsAnalyzer, together(INGRESS, opens(80))), []);
  assert.deepEqual(found(gatewayPortsAnalyzer, together(INGRESS, opens(8080))), []);
  const [message] = messages(gatewayPortsAnalyzer, clusterOf(together(INGRESS, opens(9999))));
  assert.equal(message?.code, "IST0162");
  assert.equal(message?.field, "spec.servers[0].port.number");
  assert.equal(message?.remedy, "their Services have 80, 443, 8080, 8443");
});

test("a Service of another namespace does not select the pods", () => {
  const elsewhere = INGRESS.replace(
    "{name: istio-ingressgateway, namespace: istio-system}",
    "{name: g, namespace: other}",
  );
  assert.deepEqual(found(gatewayPortsAnalyzer, together(elsewhere, opens(80))), [
    "IST0162 Gateway default/edge spec.servers[0].port.number",
  ]);
});
