import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, messages, namespace, pod, together } from "../testing.ts";
import { injectionAnalyzer } from "./injection.ts";

const enabled = namespace("default", "{istio-injection: enabled}");

test("a namespace that says nothing is told how to say it", () => {
  const [message] = messages(injectionAnalyzer, clusterOf(namespace("default")));
  assert.equal(message?.code, "IST0102");
  assert.equal(message?.level, "Info");
  assert.match(message?.remedy ?? "", /kubectl label namespace default istio-injection=enabled/);
});

test("namespaces that say yes or no, and those of the system, are fine", () => {
  const yaml = together(
    enabled,
    namespace("b", "{istio-injection: disabled}"),
    namespace("c", "{istio.io/rev: canary}"),
    namespace("istio-system"),
    namespace("kube-system"),
  );
  assert.deepEqual(found(injectionAnalyzer, yaml), []);
});

test("two labels contradict each other, unless one says no", () => {
  assert.deepEqual(found(injectionAnalyzer, namespace("a", "{istio-injection: enabled, istio.io/rev: canary}")), [
    "IST0123 Namespace a metadata.labels",
  ]);
  assert.deepEqual(found(injectionAnalyzer, namespace("a", "{istio-injection: disabled, istio.io/rev: canary}")), []);
});

test("a pod without a proxy in a namespace that is injected is told", () => {
  assert.deepEqual(found(injectionAnalyzer, together(enabled, pod("old", "{app: a}"))), ["IST0103 Pod default/old"]);
});

test("a pod that has a proxy, wants none, is leaving, or uses the host's network, is fine", () => {
  const yaml = together(
    enabled,
    pod("sidecar", "{}", "{containers: [{name: app, image: a}], initContainers: [{name: istio-proxy, image: p}]}"),
    pod("classic", "{}", "{containers: [{name: app, image: a}, {name: istio-proxy, image: p}]}"),
    pod("wants-none", '{sidecar.istio.io/inject: "false"}'),
    pod("host", "{}", "{hostNetwork: true, containers: [{name: app, image: a}]}"),
    "{apiVersion: v1, kind: Pod, metadata: {name: done}, spec: {containers: [{name: app}]}, status: {phase: Succeeded}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: leaves, deletionTimestamp: '2026-01-01T00:00:00Z'}, spec: {containers: [{name: app}]}}",
  );
  assert.deepEqual(found(injectionAnalyzer, yaml), []);
});

test("where the installation injects by default, a namespace is told so", () => {
  const values = JSON.stringify({ sidecarInjectorWebhook: { enableNamespacesByDefault: true } });
  const injector = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio-sidecar-injector", namespace: "istio-system" },
    data: { values },
  });
  assert.deepEqual(found(injectionAnalyzer, together(namespace("a"), injector)), ["IST0148 Namespace a metadata.name"]);
});
