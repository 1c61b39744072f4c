import assert from "node:assert/strict";
import { test } from "node:test";
import { found } from "../testing.ts";
import { servicePortNamesAnalyzer } from "./service-port-names.ts";

const told = (port: string, more = "", labels = "{}"): string[] =>
  found(
    servicePortNamesAnalyzer,
    `{apiVersion: v1, kind: Service, metadata: {name: s, labels: ${labels}}, spec: {ports: [${port}]${more}}}`,
  );

test("a port that does not name its protocol is told", () => {
  assert.deepEqual(told("{name: web, port: 80}"), ["IST0118 Service default/s spec.ports[0].name"]);
  assert.deepEqual(told("{port: 80}"), ["IST0118 Service default/s spec.ports[0].name"]);
});

test("names, appProtocol, UDP and well-known ports say it", () => {
  for (const port of [
    "{name: http, port: 80}",
    "{name: grpc-web-x, port: 80}",
    "{name: x, port: 80, appProtocol: http}",
    "{name: x, port: 80, protocol: UDP}",
    "{name: x, port: 3306}",
  ]) {
    assert.deepEqual(told(port), [], port);
  }
});

test("an ExternalName Service must say more than tcp", () => {
  const external = ", type: ExternalName, externalName: a.com";
  assert.deepEqual(told("{name: tcp, port: 80}", external), ["IST0150 Service default/s spec.ports[0].name"]);
  assert.deepEqual(told("{name: http, port: 80}", external), []);
});

test("who runs a mesh did not write the Services of its gateways", () => {
  assert.deepEqual(told("{name: web, port: 80}", "", "{istio: ingressgateway}"), []);
  assert.deepEqual(told("{name: web, port: 80}", "", "{gateway.istio.io/managed: istio.io-gateway-controller}"), []);
});
