import assert from "node:assert/strict";
import { test } from "node:test";
import { found, together } from "../testing.ts";
import { serviceEntryProtocolsAnalyzer } from "./service-entry-protocols.ts";

const entry = (name: string, protocol: string, exportTo = "['*']"): string =>
  `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}}, spec: {hosts: [a.com], exportTo: ${exportTo}, ports: [{number: 443, name: p, protocol: ${protocol}}]}}`;

test("ServiceEntries that disagree about a port are told", () => {
  assert.deepEqual(found(serviceEntryProtocolsAnalyzer, together(entry("a", "HTTPS"), entry("b", "TCP"))), [
    "IST0177 ServiceEntry default/a spec.ports[0]",
    "IST0177 ServiceEntry default/b spec.ports[0]",
  ]);
});

test("those that agree, or that nobody sees together, are fine", () => {
  assert.deepEqual(found(serviceEntryProtocolsAnalyzer, together(entry("a", "HTTPS"), entry("b", "https"))), []);
  const apart = together(entry("a", "HTTPS", "['.']"), entry("b", "TCP", "[other]"));
  assert.deepEqual(found(serviceEntryProtocolsAnalyzer, apart), []);
});
