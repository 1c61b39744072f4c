import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, fileOf, messages, together } from "../testing.ts";
import { routeParentsAnalyzer } from "./route-parents.ts";

const edge =
  "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: edge}, spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}}";
const route = (parent: string, kind = "HTTPRoute"): string =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: ${kind}, metadata: {name: r}, spec: {parentRefs: [${parent}]}}`;
const told = (yaml: string): string[] =>
  messages(routeParentsAnalyzer, fileOf(yaml)).map(({ field, text, remedy }) => `${field} ${text} ${remedy}`);

test("a Gateway or listener that there is not is told", () => {
  assert.deepEqual(told(together(edge, route("{name: edgy}"))), [
    'spec.parentRefs[0].name Referenced gateway not found: "default/edgy" did you mean "edge"?',
  ]);
  assert.deepEqual(told(together(edge, route("{name: edge, sectionName: https}", "GRPCRoute"))), [
    'spec.parentRefs[0].sectionName Referenced listener not found: "default/edge/https" did you mean "http"?',
  ]);
  assert.deepEqual(told(together(edge, route("{name: edge, sectionName: http}"))), []);
});

test("a route for a Service has no Gateway, and what a cluster has, its status tells", () => {
  assert.deepEqual(told(together(edge, route("{group: '', kind: Service, name: reviews}"))), []);
  assert.deepEqual(messages(routeParentsAnalyzer, clusterOf(together(edge, route("{name: edgy}")))), []);
});
