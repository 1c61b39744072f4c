import assert from "node:assert/strict";
import { test } from "node:test";
import { found } from "../testing.ts";
import { envoyFiltersAnalyzer } from "./envoy-filters.ts";

const told = (applyTo: string, operation: string, more = "", match = ""): string[] =>
  found(
    envoyFiltersAnalyzer,
    `{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: f}, spec: {${more} configPatches: [{applyTo: ${applyTo}, ${match} patch: {operation: ${operation}, value: {name: x}}}]}}`,
  );
const AT = "EnvoyFilter default/f spec.configPatches[0]";

test("operations that do nothing for what they apply to are told", () => {
  assert.deepEqual(told("HTTP_ROUTE", "ADD"), [`IST0153 ${AT}.patch.operation`]);
  assert.deepEqual(told("ROUTE_CONFIGURATION", "REMOVE"), [`IST0154 ${AT}.patch.operation`]);
  assert.deepEqual(told("CLUSTER", "REPLACE"), [`IST0152 ${AT}.patch.operation`]);
});

test("what is relative to other patches needs a priority", () => {
  assert.deepEqual(told("HTTP_FILTER", "INSERT_BEFORE"), [`IST0151 ${AT}`]);
  assert.deepEqual(told("HTTP_FILTER", "INSERT_BEFORE", "", 'match: {proxy: {proxyVersion: "^1"}},'), [
    `IST0155 ${AT}`,
  ]);
  assert.deepEqual(told("HTTP_FILTER", "INSERT_BEFORE", "priority: 1,"), []);
  assert.deepEqual(told("HTTP_FILTER", "INSERT_FIRST"), []);
  assert.deepEqual(told("CLUSTER", "MERGE"), []);
});
