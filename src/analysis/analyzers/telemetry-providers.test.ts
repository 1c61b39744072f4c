import assert from "node:assert/strict";
import { test } from "node:test";
import { found, together } from "../testing.ts";
import { telemetryProvidersAnalyzer } from "./telemetry-providers.ts";

const logs = (logging: string): string =>
  `{apiVersion: telemetry.istio.io/v1, kind: Telemetry, metadata: {name: t}, spec: {accessLogging: [${logging}]}}`;
const mesh = (text: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio", namespace: "istio-system" },
    data: { mesh: text },
  });

test("access logging that goes nowhere is told", () => {
  assert.deepEqual(found(telemetryProvidersAnalyzer, logs("{}")), [
    "IST0157 Telemetry default/t spec.accessLogging[0]",
  ]);
  assert.equal(found(telemetryProvidersAnalyzer, together(mesh(": not yaml: ["), logs("{}"))).length, 1);
});

test("with a provider, a default of the mesh, or switched off, it is fine", () => {
  assert.deepEqual(found(telemetryProvidersAnalyzer, logs("{providers: [{name: envoy}]}")), []);
  assert.deepEqual(found(telemetryProvidersAnalyzer, logs("{disabled: true}")), []);
  const withDefault = mesh("defaultProviders: {accessLogging: [envoy]}");
  assert.deepEqual(found(telemetryProvidersAnalyzer, together(withDefault, logs("{}"))), []);
});
