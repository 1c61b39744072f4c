import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, fileOf, found, messages, virtualService } from "../testing.ts";
import { schemaAnalyzer } from "./schema.ts";

const told = (yaml: string): string[] =>
  messages(schemaAnalyzer, fileOf(yaml)).map(({ code, field, remedy }) => `${code} ${field}: ${remedy ?? ""}`);

test("fields of another type, and those that break a rule, are told with their places", () => {
  const [type] = messages(schemaAnalyzer, fileOf(virtualService("a", "{hosts: 5}")));
  assert.deepEqual([type?.code, type?.place], ["IST0106", "x.yaml:spec.hosts"]);
  assert.deepEqual(found(schemaAnalyzer, virtualService("a", "{hosts: [a.com]}")), [
    "IST0106 VirtualService default/a spec",
  ]);
});

test("a field that there is not is told, with the one that may have been meant", () => {
  const route = "route: [{destination: {host: a}}]";
  assert.deepEqual(told(virtualService("a", `{hosts: [a.com], htpp: [], http: [{${route}}]}`)), [
    "IST0106 spec.htpp: did you mean http?",
  ]);
});

test("warnings have Istio's codes", () => {
  const rules = "http: [{route: [{destination: {host: a}}]}, {route: [{destination: {host: a}}]}]";
  assert.deepEqual(told(virtualService("a", `{hosts: [a.com], ${rules}}`)), [
    "IST0130 spec.http[1]: put it before that rule",
  ]);
  const faults = "http: [{fault: {delay: {fixedDelay: 1s, percent: 5}}, route: [{destination: {host: a}}]}]";
  assert.deepEqual(told(virtualService("a", `{hosts: [a.com], ${faults}}`)), [
    "IST0002 spec.http[0].fault.delay.percent: use percentage",
  ]);
});

test("what Kubernetes' own kinds would be warned of on one machine is not said", () => {
  const scaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: ";
  assert.deepEqual(told(`${scaler}{maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: d}}}`), []);
});

test("a kind that its group does not have is told, with the one that was meant", () => {
  const object = (apiVersion: string, kind: string): string[] =>
    told(`{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: a}}`);
  assert.deepEqual(object("networking.istio.io/v1", "VirtualServise"), ["IST0106 kind: did you mean VirtualService?"]);
  assert.deepEqual(object("networking.istio.io/v1", "HTTPRoute"), [
    "IST0106 apiVersion: write gateway.networking.k8s.io/v1",
  ]);
  assert.deepEqual(object("apps/v1", "Deploymnet"), ["IST0106 kind: did you mean Deployment?"]);
  assert.deepEqual(object("security.istio.io/v9", "PeerAuthentication"), [
    "IST0106 apiVersion: write security.istio.io/v1",
  ]);
});

test("other people's kinds, and kinds of Kubernetes that are not here, are not our business", () => {
  assert.deepEqual(told("{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a}}"), []);
  assert.deepEqual(told("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}"), []);
});

test("a label that YAML reads as a number is told, and nothing else falls over it", () => {
  const yaml =
    "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {version: 1}}, spec: {containers: [{name: a}]}}";
  assert.deepEqual(
    told(yaml).map((line) => line.split(":")[0]),
    ["IST0106 metadata.labels.version"],
  );
});

test("a cluster's own kinds are taken at its word, by whatever schema it has", () => {
  const newer =
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: i}], newField: {x: 1}}}";
  assert.deepEqual(messages(schemaAnalyzer, clusterOf(newer)), []);
  assert.equal(messages(schemaAnalyzer, fileOf(newer)).length, 1);
});
