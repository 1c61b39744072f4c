import assert from "node:assert/strict";
import { test } from "node:test";
import { found, gateway, together } from "../testing.ts";
import { gatewayCertificatesAnalyzer } from "./gateway-certificates.ts";

const shows = (name: string, credential: string, selector = "{a: b}"): string =>
  gateway(
    name,
    `{selector: ${selector}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["${name}.com"], tls: {mode: SIMPLE, credentialName: ${credential}}}]}`,
  );

test("Gateways of the same workloads that show one certificate are told", () => {
  assert.deepEqual(found(gatewayCertificatesAnalyzer, together(shows("a", "c"), shows("b", "c"))), [
    "IST0138 Gateway default/a spec.servers[0].tls",
    "IST0138 Gateway default/b spec.servers[0].tls",
  ]);
  assert.deepEqual(found(gatewayCertificatesAnalyzer, together(shows("a", "c"), shows("b", "d"))), []);
  assert.deepEqual(found(gatewayCertificatesAnalyzer, together(shows("a", "c"), shows("b", "c", "{x: y}"))), []);
});
