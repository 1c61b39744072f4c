import assert from "node:assert/strict";
import { test } from "node:test";
import { found, pod, together } from "../testing.ts";
import { sidecarSelectorsAnalyzer } from "./sidecar-selectors.ts";

const sidecar = (name: string, labels?: string): string => {
  const selector = labels === undefined ? "" : `workloadSelector: {labels: ${labels}}, `;
  return `{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: ${name}}, spec: {${selector}egress: [{hosts: ["./*"]}]}}`;
};
const told = (...sidecars: string[]): string[] =>
  found(sidecarSelectorsAnalyzer, together(pod("p", "{app: a, tier: web}"), ...sidecars));

test("Sidecars that select the same pod are told", () => {
  assert.deepEqual(told(sidecar("a", "{app: a}"), sidecar("b", "{tier: web}")), [
    "IST0110 Sidecar default/a spec.workloadSelector.labels",
    "IST0110 Sidecar default/b spec.workloadSelector.labels",
  ]);
});

test("a namespace has one Sidecar without selector", () => {
  assert.deepEqual(told(sidecar("a"), sidecar("b")), [
    "IST0111 Sidecar default/a metadata.name",
    "IST0111 Sidecar default/b metadata.name",
  ]);
  assert.deepEqual(told(sidecar("a"), sidecar("b", "{app: a}")), []);
});

test("a selector without pods is told", () => {
  assert.deepEqual(told(sidecar("a", "{app: nobody}")), ["IST0101 Sidecar default/a spec.workloadSelector.labels"]);
});
