import assert from "node:assert/strict";
import { test } from "node:test";
import { deploymentKind } from "./deployment.ts";
import { jobKind } from "./job.ts";
import { podKind } from "./pod.ts";
import { secretKind } from "./secret.ts";
import { type Service, serviceKind } from "./service.ts";

const container = { name: "a", image: "a:1" };

function deployment(labels: Record<string, string>) {
  const template = { metadata: { labels }, spec: { containers: [container] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: { selector: { matchLabels: { app: "a" } }, template },
  };
}

function service(spec: Service["spec"]): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "default" }, spec };
}

const codes = (problems: readonly { code: string; field: string }[] | undefined): string[] =>
  (problems ?? []).map(({ code, field }) => `${code} ${field}`);

test("a deployment rolls by a quarter unless it says otherwise", () => {
  const { spec } = deploymentKind.defaults?.(deployment({ app: "a" })) ?? deployment({});
  assert.deepEqual(Object(spec).strategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
  });
  assert.equal(Object(spec).replicas, 1);
});

test("a template that its selector does not select is refused", () => {
  assert.deepEqual(codes(deploymentKind.validate?.(deployment({ app: "b" }))), [
    "LTN1105 spec.template.metadata.labels",
  ]);
  assert.deepEqual(codes(deploymentKind.validate?.(deployment({ app: "a", version: "v1" }))), []);
});

test("images with a tag are pulled once, others always", () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: {
      containers: [
        { name: "a", image: "x:1" },
        { name: "b", image: "host:5000/x" },
        { name: "c", image: "x@sha256:0" },
      ],
    },
  };
  const policies = podKind.defaults?.(pod).spec.containers.map((one) => one.imagePullPolicy);
  assert.deepEqual(policies, ["IfNotPresent", "Always", "IfNotPresent"]);
});

test("defaults of defaults change nothing", () => {
  const once = deploymentKind.defaults?.(deployment({ app: "a" })) ?? deployment({});
  assert.deepEqual(deploymentKind.defaults?.(once), once);
});

test("a pod's containers and volumes have names of their own, and mounts have volumes", () => {
  const spec = {
    containers: [container, { ...container, volumeMounts: [{ name: "none", mountPath: "/x" }] }],
    volumes: [{ name: "v" }, { name: "v" }],
  };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
  assert.deepEqual(codes(podKind.validate?.(pod)), [
    "LTN1102 spec.containers[1].name",
    "LTN1104 spec.containers[1].volumeMounts[0].name",
    "LTN1102 spec.volumes[1].name",
  ]);
});

test("of a pod that exists only little can be changed", () => {
  const spec = { containers: [container], terminationGracePeriodSeconds: 30 };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
  const withSpec = (change: object) => ({ ...pod, spec: { ...spec, ...change } });
  assert.deepEqual(
    codes(podKind.validateUpdate?.(withSpec({ containers: [{ ...container, image: "b:2" }] }), pod)),
    [],
  );
  assert.deepEqual(codes(podKind.validateUpdate?.(withSpec({ nodeName: "lateen" }), pod)), []);
  assert.deepEqual(codes(podKind.validateUpdate?.(withSpec({ hostNetwork: true }), pod)), ["LTN1107 spec"]);
});

test("a service with several ports names each, and none twice", () => {
  const ports = [{ port: 80 }, { port: 80, name: "a" }, { port: 81, name: "a" }].map((port) => ({
    ...port,
    protocol: "TCP" as const,
  }));
  assert.deepEqual(codes(serviceKind.validate?.(service({ ports }))), [
    "LTN1103 spec.ports[0].name",
    "LTN1102 spec.ports[1]",
    "LTN1102 spec.ports[2].name",
  ]);
  assert.deepEqual(codes(serviceKind.validate?.(service({ clusterIP: "None" }))), []);
  assert.deepEqual(codes(serviceKind.validate?.(service({ type: "ExternalName" }))), ["LTN1103 spec.externalName"]);
});

test("a service's target is its port unless it says otherwise", () => {
  const [port] = serviceKind.defaults?.(service({ ports: [{ port: 80 }] })).spec.ports ?? [];
  assert.deepEqual(port, { port: 80, protocol: "TCP", targetPort: 80 });
});

test("text in a secret is stored as base64", () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    stringData: { a: "b" },
    data: { c: "ZA==" },
  };
  const stored = secretKind.defaults?.(secret);
  assert.deepEqual([stored?.data, stored?.stringData, stored?.type], [{ a: "Yg==", c: "ZA==" }, undefined, "Opaque"]);
});

test("a job's pods are found by its uid", () => {
  const template = { spec: { containers: [container], restartPolicy: "Never" as const } };
  const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", uid: "u1" }, spec: { template } };
  const filled = jobKind.defaults?.(job);
  assert.deepEqual(filled?.spec.selector, { matchLabels: { "batch.kubernetes.io/controller-uid": "u1" } });
  assert.equal(filled?.spec.template.metadata?.labels?.["batch.kubernetes.io/job-name"], "j");
});
