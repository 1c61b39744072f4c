import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerStatus, Pod, PodStatus } from "../../../kinds/core/pod.ts";
import { podPrinter, podSummary } from "./pods.ts";

const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };

function container(name: string, status: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, ready: true, restartCount: 0, started: true, state: running, ...status };
}

function pod(status: PodStatus, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", ...metadata },
    spec: {
      initContainers: [{ name: "istio-init" }, { name: "istio-proxy", restartPolicy: "Always" }],
      containers: [{ name: "reviews" }],
    },
    status,
  };
}

const done = container("istio-init", { ready: true, state: { terminated: { exitCode: 0, reason: "Completed" } } });
const proxy = container("istio-proxy");
const ready = [
  { type: "Initialized", status: "True" as const },
  { type: "Ready", status: "True" as const },
];

test("a pod with its sidecar running counts both", () => {
  const {
    ready: count,
    total,
    status,
  } = podSummary(
    pod({
      phase: "Running",
      conditions: ready,
      initContainerStatuses: [done, proxy],
      containerStatuses: [container("reviews")],
    }),
  );
  assert.deepEqual([count, total, status], [2, 2, "Running"]);
});

test("while init containers run, it says how far they are", () => {
  const waiting = container("istio-init", { ready: false, started: false, state: running });
  const next = container("istio-proxy", {
    ready: false,
    started: false,
    state: { waiting: { reason: "PodInitializing" } },
  });
  assert.equal(podSummary(pod({ phase: "Pending", initContainerStatuses: [waiting, next] })).status, "Init:0/2");
  assert.equal(podSummary(pod({ phase: "Pending", initContainerStatuses: [done, next] })).status, "Init:1/2");
  const failed = container("istio-init", { ready: false, state: { terminated: { exitCode: 2, reason: "Error" } } });
  assert.equal(podSummary(pod({ phase: "Pending", initContainerStatuses: [failed, next] })).status, "Init:Error");
});

test("what a container waits for is the pod's status, and restarts tell when", () => {
  const crashing = container("reviews", {
    ready: false,
    restartCount: 3,
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:00:00Z" } },
  });
  const broken = pod({ phase: "Running", initContainerStatuses: [done, proxy], containerStatuses: [crashing] });
  const cells = podPrinter.cells(broken, Date.parse("2026-01-01T00:05:00Z"));
  assert.deepEqual(cells.slice(0, 3), ["1/2", "CrashLoopBackOff", "3 (5m ago)"]);
});

test("a pod that is being deleted is terminating, one that ended is completed", () => {
  const status: PodStatus = {
    phase: "Running",
    initContainerStatuses: [done, proxy],
    containerStatuses: [container("reviews")],
  };
  assert.equal(podSummary(pod(status, { deletionTimestamp: "2026-01-01T00:00:00Z" })).status, "Terminating");
  const ended = container("reviews", { ready: false, state: { terminated: { exitCode: 0, reason: "Completed" } } });
  assert.equal(
    podSummary(pod({ phase: "Succeeded", initContainerStatuses: [done], containerStatuses: [ended] })).status,
    "Completed",
  );
});
