import assert from "node:assert/strict";
import { test } from "node:test";
import { found, gateway, INGRESS, together } from "../testing.ts";
import { gatewayConflictsAnalyzer } from "./gateway-conflicts.ts";

const opens = (name: string, host: string, port = 80, selector = "{istio: ingressgateway}"): string =>
  gateway(
    name,
    `{selector: ${selector}, servers: [{port: {number: ${port}, name: http, protocol: HTTP}, hosts: ["${host}"]}]}`,
  );
const told = (...gateways: string[]): string[] => found(gatewayConflictsAnalyzer, together(INGRESS, ...gateways));

test("two Gateways for one host and port of the same workloads conflict", () => {
  assert.deepEqual(told(opens("a", "a.com"), opens("b", "a.com")), [
    "IST0145 Gateway default/a spec.servers[0]",
    "IST0145 Gateway default/b spec.servers[0]",
  ]);
});

test("also when their selectors differ, but select the same pods", () => {
  const labelled = INGRESS.replace("labels: {istio: ingressgateway}", "labels: {istio: ingressgateway, app: gate}");
  const two = together(labelled, opens("a", "a.com"), opens("b", "a.com", 80, "{app: gate}"));
  assert.equal(found(gatewayConflictsAnalyzer, two).length, 2);
});

test("other hosts, ports or workloads do not", () => {
  assert.deepEqual(told(opens("a", "a.com"), opens("b", "b.com")), []);
  assert.deepEqual(told(opens("a", "a.com"), opens("b", "a.com", 81)), []);
  assert.deepEqual(told(opens("a", "a.com"), opens("b", "a.com", 80, "{istio: egressgateway}")), []);
});
