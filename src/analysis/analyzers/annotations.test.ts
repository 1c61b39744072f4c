import assert from "node:assert/strict";
import { test } from "node:test";
import { found } from "../testing.ts";
import { annotationsAnalyzer } from "./annotations.ts";

const pod = (annotations: string, more = ""): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: ${annotations}${more}}, spec: {containers: [{name: a, image: i}]}}`;
const deployment = (annotations: string, ofPods = "{}"): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, annotations: ${annotations}}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}, annotations: ${ofPods}}, spec: {containers: [{name: a, image: i}]}}}}`;

test("an annotation that Istio does not have is told; other people's are not", () => {
  assert.deepEqual(found(annotationsAnalyzer, pod("{sidecar.istio.io/injekt: x, example.com/istio.io: y}")), [
    "IST0108 Pod default/p metadata.annotations[sidecar.istio.io/injekt]",
  ]);
});

test("what is for pods has no effect on a Deployment, but on its template it has", () => {
  assert.deepEqual(found(annotationsAnalyzer, deployment("{proxy.istio.io/config: '{}'}")), [
    "IST0107 Deployment default/d metadata.annotations[proxy.istio.io/config]",
  ]);
  assert.deepEqual(found(annotationsAnalyzer, deployment("{}", "{proxy.istio.io/config: '{}'}")), []);
});

test("what injection cannot do is told, at the template", () => {
  const wrong = deployment("{}", "{traffic.sidecar.istio.io/excludeOutboundPorts: abc}");
  assert.deepEqual(found(annotationsAnalyzer, wrong), [
    "IST0125 Deployment default/d spec.template.metadata.annotations[traffic.sidecar.istio.io/excludeOutboundPorts]",
  ]);
});

test("a deprecated annotation is told, unless what took its place is there too", () => {
  assert.deepEqual(found(annotationsAnalyzer, pod("{sidecar.istio.io/inject: 'true'}")), [
    "IST0135 Pod default/p metadata.annotations[sidecar.istio.io/inject]",
  ]);
  const both = pod("{sidecar.istio.io/inject: 'true'}", ", labels: {sidecar.istio.io/inject: 'true'}");
  assert.deepEqual(found(annotationsAnalyzer, both), []);
});

test("pods of a Deployment are not told again what their Deployment is told", () => {
  const owned = ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: d, uid: u, controller: true}]";
  assert.deepEqual(found(annotationsAnalyzer, pod("{sidecar.istio.io/injekt: x}", owned)), []);
});
