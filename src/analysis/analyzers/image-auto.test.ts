import assert from "node:assert/strict";
import { test } from "node:test";
import { found, namespace, pod, together } from "../testing.ts";
import { imageAutoAnalyzer } from "./image-auto.ts";

const hook = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-sidecar-injector}
webhooks:
  - name: namespace.sidecar-injector.istio.io
    clientConfig: {service: {name: istiod, namespace: istio-system}}
    sideEffects: None
    admissionReviewVersions: [v1]
    namespaceSelector: {matchLabels: {istio-injection: enabled}}
`;
const spec = "{containers: [{name: istio-proxy, image: auto}]}";
const deployment = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: gate}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: ${spec}}}}`;

test("a Deployment with image auto that no webhook takes is told", () => {
  assert.deepEqual(found(imageAutoAnalyzer, together(hook, namespace("default"), deployment)), [
    "IST0146 Deployment default/gate spec.template.spec.containers[0].image",
  ]);
  assert.deepEqual(
    found(imageAutoAnalyzer, together(hook, namespace("default", "{istio-injection: enabled}"), deployment)),
    [],
  );
});

test("a pod that has image auto still was not injected", () => {
  const enabled = namespace("default", "{istio-injection: enabled}");
  assert.deepEqual(found(imageAutoAnalyzer, together(hook, enabled, pod("p", "{a: b}", spec))), [
    "IST0147 Pod default/p spec.containers[0].image",
  ]);
});
