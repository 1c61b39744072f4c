import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, gateway, messages, together, virtualService } from "../testing.ts";
import { virtualServiceGatewaysAnalyzer } from "./virtual-service-gateways.ts";

const open = (...hosts: string[]): string =>
  gateway(
    "edge",
    `{selector: {a: b}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ${JSON.stringify(hosts)}}]}`,
  );
const bound = (gateways: string, hosts: string): string =>
  virtualService("a", `{hosts: ${hosts}, gateways: ${gateways}, http: [{route: [{destination: {host: x}}]}]}`);

test("a gateway that there is not is told, with the name that may have been meant", () => {
  const [message] = messages(
    virtualServiceGatewaysAnalyzer,
    clusterOf(together(open("*"), bound("[edgy]", "[a.com]"))),
  );
  assert.equal(message?.text, 'Referenced gateway not found: "edgy"');
  assert.equal(message?.field, "spec.gateways[0]");
  assert.equal(message?.remedy, 'did you mean "edge"?');
});

test("gateways are found in other namespaces, and mesh is none", () => {
  assert.deepEqual(
    found(virtualServiceGatewaysAnalyzer, together(open("*"), bound("[mesh, default/edge]", "[a.com]"))),
    [],
  );
});

test("a gateway must be open for one of the hosts", () => {
  const told = (open: string, hosts: string): number =>
    found(virtualServiceGatewaysAnalyzer, together(open, bound("[edge]", hosts))).length;
  assert.equal(told(open("*.example.com"), "[a.example.com, other.org]"), 0);
  assert.equal(told(open("./a.com"), "[a.com]"), 0);
  assert.equal(told(open("A.com"), "[a.com]"), 0);
  assert.equal(told(open("b.com"), "[a.com]"), 1);
  assert.equal(told(open("elsewhere/a.com"), "[a.com]"), 1);
});
