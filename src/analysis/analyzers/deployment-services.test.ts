import assert from "node:assert/strict";
import { test } from "node:test";
import { found, namespace, together } from "../testing.ts";
import { deploymentServicesAnalyzer } from "./deployment-services.ts";

const enabled = namespace("default", "{istio-injection: enabled}");
const deployment =
  "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: i}]}}}}";
const service = (name: string, port: string, selector = "{app: a}"): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {selector: ${selector}, ports: [${port}]}}`;
const told = (...services: string[]): string[] =>
  found(deploymentServicesAnalyzer, together(enabled, deployment, ...services));

test("Services that give a Deployment's port different protocols are told", () => {
  assert.deepEqual(told(service("s", "{port: 53, protocol: UDP}"), service("t", "{port: 53, protocol: TCP}")), [
    "IST0116 Deployment default/d metadata.name",
  ]);
});

test("Services that lead from different ports to one are told", () => {
  assert.deepEqual(told(service("s", "{port: 80, targetPort: 8080}"), service("t", "{port: 81, targetPort: 8080}")), [
    "IST0137 Deployment default/d metadata.name",
  ]);
});

test("Services that agree, or select others, are fine, and so are Deployments outside of the mesh", () => {
  assert.deepEqual(told(service("s", "{port: 80}"), service("t", "{port: 80}")), []);
  assert.deepEqual(
    told(service("s", "{port: 80, targetPort: 1}"), service("t", "{port: 81, targetPort: 1}", "{app: b}")),
    [],
  );
  const two = [service("s", "{port: 80, targetPort: 1}"), service("t", "{port: 81, targetPort: 1}")];
  assert.deepEqual(found(deploymentServicesAnalyzer, together(namespace("default"), deployment, ...two)), []);
});
