import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { PodSpec } from "../../../kinds/core/pod-spec.ts";
import { type ContainerRecord, newRecord, type State } from "./records.ts";
import { podStatus } from "./status.ts";

const NOW = "2026-01-01T00:00:00Z";
const running: State = { type: "Running", startedAt: NOW };
const ended = (exitCode: number): State => ({
  type: "Terminated",
  exitCode,
  reason: exitCode === 0 ? "Completed" : "Error",
  startedAt: NOW,
  finishedAt: NOW,
  containerID: "lateen://1",
});

function statusOf(spec: Omit<PodSpec, "containers">, records: Partial<ContainerRecord>[], status?: Pod["status"]) {
  const containers: Record<string, ContainerRecord> = {};
  for (const record of records) {
    const name = record.name ?? "";
    containers[name] = { ...newRecord(name, "ContainerCreating"), ...record };
  }
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "reviews" },
    spec: { containers: [{ name: "app" }], ...spec },
    ...(status && { status }),
  };
  return podStatus({ pod, ip: "10.244.0.7", startTime: NOW, containers, now: NOW });
}

const condition = (status: ReturnType<typeof statusOf>, type: string) =>
  status.conditions?.find((each) => each.type === type);
const sidecar: Container = { name: "proxy", restartPolicy: "Always" };

test("a pod whose containers have not started is pending", () => {
  const status = statusOf({}, []);
  assert.equal(status.phase, "Pending");
  assert.equal(status.containerStatuses?.[0]?.state?.waiting?.reason, "ContainerCreating");
  assert.equal(condition(status, "Ready")?.message, "containers with unready status: [app]");
});

test("a sidecar counts for readiness like a container", () => {
  const app = { name: "app", state: running, started: true, ready: true };
  const unready = statusOf({ initContainers: [sidecar] }, [app, { name: "proxy", state: running, started: true }]);
  assert.equal(condition(unready, "Initialized")?.status, "True");
  assert.equal(condition(unready, "Ready")?.message, "containers with unready status: [proxy]");
  const ready = statusOf({ initContainers: [sidecar] }, [
    app,
    { name: "proxy", state: running, started: true, ready: true },
  ]);
  assert.equal(condition(ready, "Ready")?.status, "True");
  assert.equal(ready.phase, "Running");
});

test("a sidecar that has not started holds back initialization", () => {
  const status = statusOf({ initContainers: [sidecar] }, [{ name: "proxy", state: running }]);
  assert.equal(condition(status, "Initialized")?.message, "containers with incomplete status: [proxy]");
  assert.equal(status.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
  assert.equal(status.phase, "Pending");
});

test("containers that end decide the phase by the restart policy", () => {
  const phase = (restartPolicy: NonNullable<PodSpec["restartPolicy"]>, code: number) =>
    statusOf({ restartPolicy }, [{ name: "app", state: ended(code) }]).phase;
  assert.deepEqual([phase("Never", 0), phase("Never", 1)], ["Succeeded", "Failed"]);
  assert.deepEqual([phase("OnFailure", 0), phase("OnFailure", 1)], ["Succeeded", "Running"]);
  assert.deepEqual([phase("Always", 0), phase("Always", 1)], ["Running", "Running"]);
});

test("an init container that fails for good fails the pod", () => {
  const init = { restartPolicy: "Never" as const, initContainers: [{ name: "init" }] };
  assert.equal(statusOf(init, [{ name: "init", state: ended(3) }]).phase, "Failed");
});

test("a condition keeps the time since when it holds, and others' conditions stay", () => {
  const then = "2025-12-31T00:00:00Z";
  const status = statusOf({ readinessGates: [{ conditionType: "example.com/gate" }] }, [], {
    conditions: [
      { type: "Ready", status: "False", lastTransitionTime: then },
      { type: "example.com/gate", status: "True" },
    ],
  });
  assert.equal(condition(status, "Ready")?.lastTransitionTime, then);
  assert.equal(condition(status, "example.com/gate")?.status, "True");
});

test("a closed readiness gate keeps a pod from being ready", () => {
  const status = statusOf({ readinessGates: [{ conditionType: "example.com/gate" }] }, [
    { name: "app", state: running, started: true, ready: true },
  ]);
  assert.equal(condition(status, "ContainersReady")?.status, "True");
  assert.equal(condition(status, "Ready")?.reason, "ReadinessGatesNotReady");
});
