import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, destinationRule, found, messages, REVIEWS, together } from "../testing.ts";
import { destinationRuleSubsetsAnalyzer } from "./destination-rule-subsets.ts";

const subsets = (list: string): string => together(REVIEWS, destinationRule("r", `{host: reviews, subsets: ${list}}`));

test("a subset without pods is told, with what the pods have", () => {
  const world = clusterOf(subsets("[{name: v1, labels: {version: v1}}, {name: v9, labels: {version: v9}}]"));
  const told = messages(destinationRuleSubsetsAnalyzer, world);
  assert.deepEqual(
    told.map(({ code, field }) => [code, field]),
    [["IST0173", "spec.subsets[1]"]],
  );
  assert.equal(told[0]?.remedy, "it asks for version=v9; the pods have version=v1");
});

test("a pod of another service is no pod of the subset", () => {
  const other =
    "{apiVersion: v1, kind: Pod, metadata: {name: o, labels: {app: other, version: v9}}, spec: {containers: [{name: a}]}}";
  const yaml = together(subsets("[{name: v9, labels: {version: v9}}]"), other);
  assert.deepEqual(found(destinationRuleSubsetsAnalyzer, yaml), ["IST0173 DestinationRule default/r spec.subsets[0]"]);
});

test("where a pod runs is not among its own labels", () => {
  const zone = "[{name: near, labels: {topology.kubernetes.io/zone: z}}]";
  assert.deepEqual(found(destinationRuleSubsetsAnalyzer, subsets(zone)), []);
});

test("pods that a Deployment will make count", () => {
  const deployment =
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {app: reviews}}, template: {metadata: {labels: {app: reviews, version: v9}}, spec: {containers: [{name: a}]}}}}";
  assert.deepEqual(
    found(destinationRuleSubsetsAnalyzer, together(subsets("[{name: v9, labels: {version: v9}}]"), deployment)),
    [],
  );
});

test("a host that no service has is told; wildcards are for what may come", () => {
  const told = (host: string): string[] =>
    found(destinationRuleSubsetsAnalyzer, together(REVIEWS, destinationRule("r", `{host: "${host}"}`)));
  assert.deepEqual(told("reviewz"), ["IST0174 DestinationRule default/r spec.host"]);
  assert.deepEqual(told("*.example.com"), []);
  assert.deepEqual(told("reviews.default.svc.cluster.local"), []);
});
