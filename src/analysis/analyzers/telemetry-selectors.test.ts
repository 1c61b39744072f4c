import assert from "node:assert/strict";
import { test } from "node:test";
import { found, pod, together } from "../testing.ts";
import { telemetrySelectorsAnalyzer } from "./telemetry-selectors.ts";

const telemetry = (name: string, spec = "{}"): string =>
  `{apiVersion: telemetry.istio.io/v1, kind: Telemetry, metadata: {name: ${name}}, spec: ${spec}}`;
const told = (...telemetries: string[]): string[] =>
  found(telemetrySelectorsAnalyzer, together(pod("p", "{app: a, tier: web}"), ...telemetries));

test("Telemetries that select the same pod, or all of a namespace, are told", () => {
  const [a, b] = ["{selector: {matchLabels: {app: a}}}", "{selector: {matchLabels: {tier: web}}}"];
  assert.deepEqual(told(telemetry("a", a), telemetry("b", b)), [
    "IST0159 Telemetry default/a spec.selector.matchLabels",
    "IST0159 Telemetry default/b spec.selector.matchLabels",
  ]);
  assert.deepEqual(told(telemetry("a"), telemetry("b")), [
    "IST0160 Telemetry default/a metadata.name",
    "IST0160 Telemetry default/b metadata.name",
  ]);
});

test("one for its target is not for the namespace; a selector without pods is told", () => {
  const target = "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]}";
  assert.deepEqual(told(telemetry("a"), telemetry("b", target)), []);
  assert.deepEqual(told(telemetry("a", "{selector: {matchLabels: {app: nobody}}}")), [
    "IST0101 Telemetry default/a spec.selector.matchLabels",
  ]);
});
