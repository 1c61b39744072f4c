import assert from "node:assert/strict";
import { test } from "node:test";
import { fileOf, messages, REVIEWS, together } from "../testing.ts";
import { routeBackendsAnalyzer } from "./route-backends.ts";

const told = (backend: string): string[] => {
  const route = `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {rules: [{backendRefs: [${backend}]}]}}`;
  return messages(routeBackendsAnalyzer, fileOf(together(REVIEWS, route))).map(
    ({ field, text, remedy }) => `${field} ${text} ${remedy}`,
  );
};

test("a Service or port that there is not is told", () => {
  assert.deepEqual(told("{name: reviewz, port: 9080}"), [
    'spec.rules[0].backendRefs[0].name Referenced host not found: "reviewz" did you mean "reviews"?',
  ]);
  assert.deepEqual(told("{name: reviews, port: 80}"), [
    'spec.rules[0].backendRefs[0].port Referenced host:port not found: "reviews:80" the Service has 9080',
  ]);
  assert.deepEqual(told("{name: reviews, port: 9080}"), []);
});

test("a backend of another kind is its controller's business", () => {
  assert.deepEqual(told("{group: example.com, kind: Bucket, name: b}"), []);
});
