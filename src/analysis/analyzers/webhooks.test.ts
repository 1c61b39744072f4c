import assert from "node:assert/strict";
import { test } from "node:test";
import { found, together } from "../testing.ts";
import { webhooksAnalyzer } from "./webhooks.ts";

const istiod =
  "{apiVersion: v1, kind: Service, metadata: {name: istiod, namespace: istio-system}, spec: {ports: [{name: https, port: 443}]}}";
const hook = (name: string, selector: string, service = "istiod"): string => `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: ${name}}
webhooks:
  - name: namespace.sidecar-injector.istio.io
    clientConfig: {service: {name: ${service}, namespace: istio-system}}
    sideEffects: None
    admissionReviewVersions: [v1]
    namespaceSelector: ${selector}
`;
const enabled = "{matchLabels: {istio-injection: enabled}}";

test("two webhooks for the same pods are told", () => {
  assert.deepEqual(found(webhooksAnalyzer, together(istiod, hook("a", enabled), hook("b", enabled))), [
    "IST0139 MutatingWebhookConfiguration a webhooks[0]",
    "IST0139 MutatingWebhookConfiguration b webhooks[0]",
  ]);
});

test("webhooks of different revisions meet nowhere", () => {
  const canary =
    "{matchLabels: {istio.io/rev: canary}, matchExpressions: [{key: istio-injection, operator: DoesNotExist}]}";
  assert.deepEqual(found(webhooksAnalyzer, together(istiod, hook("a", enabled), hook("b", canary))), []);
});

test("a webhook of a control plane that is gone is told", () => {
  assert.deepEqual(found(webhooksAnalyzer, together(istiod, hook("a", enabled, "istiod-old"))), [
    "IST0139 MutatingWebhookConfiguration a webhooks[0].clientConfig.service",
  ]);
});

test("other people's webhooks are none of our business", () => {
  const others = hook("a", enabled, "theirs").replace("namespace.sidecar-injector.istio.io", "hook.example.com");
  assert.deepEqual(found(webhooksAnalyzer, together(istiod, others)), []);
});
