import type { ContainerStatus, Pod } from "../../../kinds/core/pod.ts";
import { age, orNone } from "./human.ts";
import type { Printer } from "./table.ts";

export const podPrinter: Printer<Pod> = {
  columns: [
    "Ready",
    "Status",
    "Restarts",
    "Age",
    { name: "IP", wide: true },
    { name: "Node", wide: true },
    { name: "Nominated Node", wide: true },
    { name: "Readiness Gates", wide: true },
  ],
  cells(pod, now) {
    const { ready, total, status, restarts, lastRestart } = podSummary(pod);
    const ago = restarts > 0 && lastRestart !== undefined ? ` (${age(lastRestart, now)} ago)` : "";
    return [
      `${ready}/${total}`,
      status,
      `${restarts}${ago}`,
      age(pod.metadata.creationTimestamp, now),
      orNone(pod.status?.podIP),
      orNone(pod.spec.nodeName),
      orNone(pod.status?.nominatedNodeName),
      gates(pod),
    ];
  },
};

export interface PodSummary {
  ready: number;
  /** Containers and sidecars. */
  total: number;
  status: string;
  restarts: number;
  lastRestart: string | undefined;
}

/** A pod in the words of `kubectl get pods`. */
export function podSummary(pod: Pod): PodSummary {
  const sidecars = new Set(
    pod.spec.initContainers?.filter((init) => init.restartPolicy === "Always").map((init) => init.name),
  );
  const init = pod.status?.initContainerStatuses ?? [];
  const main = pod.status?.containerStatuses ?? [];
  const begun = initProgress(pod, init, sidecars);
  // While it initializes only the init containers count; afterwards those that still run, the sidecars, and the rest.
  const counted =
    begun.reason === undefined || isTrue(pod, "Initialized") ? [...init.filter(isSidecar), ...main] : init;
  function isSidecar(status: ContainerStatus): boolean {
    return sidecars.has(status.name);
  }
  const running = counted === init ? [] : main.filter((status) => status.ready && status.state?.running);
  const finished = counted
    .map((status) => status.lastState?.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .sort();
  return {
    ready: begun.ready + running.length,
    total: pod.spec.containers.length + sidecars.size,
    status: statusText(pod, counted === init ? begun.reason : undefined, main, running.length > 0),
    restarts: counted.reduce((sum, status) => sum + status.restartCount, 0),
    lastRestart: finished.at(-1),
  };
}

/** How far the init containers are: which sidecars are ready, and what the first that is not done waits for. */
function initProgress(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  sidecars: ReadonlySet<string>,
): { ready: number; reason: string | undefined } {
  let ready = 0;
  for (const [i, status] of statuses.entries()) {
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started) {
      if (status.ready) ready++;
      continue;
    }
    if (terminated) return { ready, reason: `Init:${endText(terminated)}` };
    if (waiting?.reason && waiting.reason !== "PodInitializing") return { ready, reason: `Init:${waiting.reason}` };
    return { ready, reason: `Init:${i}/${pod.spec.initContainers?.length ?? 0}` };
  }
  return { ready, reason: undefined };
}

function statusText(
  pod: Pod,
  initReason: string | undefined,
  containers: readonly ContainerStatus[],
  anyRunning: boolean,
): string {
  const { deletionTimestamp } = pod.metadata;
  const phase = pod.status?.phase ?? "Pending";
  if (deletionTimestamp && pod.status?.reason === "NodeLost") return "Unknown";
  if (deletionTimestamp && phase !== "Succeeded" && phase !== "Failed") return "Terminating";
  if (initReason !== undefined) return initReason;
  let text: string = pod.status?.reason || phase;
  if (condition(pod, "PodScheduled")?.reason === "SchedulingGated") text = "SchedulingGated";
  // The first container has the last word.
  for (const { state } of containers.toReversed()) {
    if (state?.waiting?.reason) text = state.waiting.reason;
    else if (state?.terminated) text = endText(state.terminated);
  }
  if (text === "Completed" && anyRunning) return isTrue(pod, "Ready") ? "Running" : "NotReady";
  return text;
}

function endText(end: { reason?: string; signal?: number; exitCode: number }): string {
  if (end.reason) return end.reason;
  return end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`;
}

function condition(pod: Pod, type: string): { status: string; reason?: string } | undefined {
  return pod.status?.conditions?.find((one) => one.type === type);
}

function isTrue(pod: Pod, type: string): boolean {
  return condition(pod, type)?.status === "True";
}

function gates(pod: Pod): string {
  const wanted = pod.spec.readinessGates ?? [];
  if (wanted.length === 0) return "<none>";
  return `${wanted.filter((gate) => isTrue(pod, gate.conditionType)).length}/${wanted.length}`;
}
