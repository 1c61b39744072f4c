/** A pod's status from what the node knows of it. Pure, so that equal knowledge is not written twice. */
import type { ContainerStatus, Pod, PodStatus } from "../../../kinds/core/pod.ts";
import { NODE_IP } from "../addresses.ts";
import { containersOf, type Role } from "./kinds-of-container.ts";
import { type ContainerRecord, newRecord, type State, type Terminated } from "./records.ts";

export interface PodKnowledge {
  pod: Pod;
  /** Absent until it has its network. */
  ip?: string;
  startTime: string;
  containers: Readonly<Record<string, ContainerRecord>>;
  now: string;
}

type Condition = NonNullable<PodStatus["conditions"]>[number];

export function podStatus({ pod, ip, startTime, containers, now }: PodKnowledge): PodStatus {
  const waitingReason = (pod.spec.initContainers?.length ?? 0) > 0 ? "PodInitializing" : "ContainerCreating";
  const all = containersOf(pod).map(({ container, role }) => ({
    container,
    role,
    record: containers[container.name] ?? newRecord(container.name, waitingReason),
  }));
  const inits = all.filter(({ role }) => role !== "app");
  const apps = all.filter(({ role }) => role === "app");
  const phase = phaseOf(pod, all);
  const status = (each: (typeof all)[number]) => containerStatus(each.container.image ?? "", each.record, each.role);
  return {
    phase,
    conditions: conditions(pod, all, phase, ip !== undefined, now),
    startTime,
    hostIP: NODE_IP,
    hostIPs: [{ ip: NODE_IP }],
    ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
    qosClass: pod.status?.qosClass ?? "BestEffort",
    ...(inits.length > 0 && { initContainerStatuses: inits.map(status) }),
    containerStatuses: apps.map(status),
  };
}

type Known = { container: { name: string }; role: Role; record: ContainerRecord };

function phaseOf(pod: Pod, all: readonly Known[]): NonNullable<PodStatus["phase"]> {
  const policy = pod.spec.restartPolicy ?? "Always";
  const inits = all.filter(({ role }) => role === "init");
  const apps = all.filter(({ role }) => role === "app");
  const failed = ({ state }: ContainerRecord) => state.type === "Terminated" && state.exitCode !== 0;
  if (policy === "Never" && inits.some(({ record }) => failed(record))) return "Failed";
  if (apps.every(({ record }) => record.state.type === "Waiting" && !record.last)) return "Pending";
  if (policy === "Always" || !apps.every(({ record }) => record.state.type === "Terminated")) return "Running";
  if (!apps.some(({ record }) => failed(record))) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}

function isInitialized({ role, record }: Known): boolean {
  if (role === "sidecar") return record.started;
  return record.state.type === "Terminated" && record.state.exitCode === 0;
}

function conditions(
  pod: Pod,
  all: readonly Known[],
  phase: PodStatus["phase"],
  networked: boolean,
  now: string,
): Condition[] {
  const incomplete = all.filter((each) => each.role !== "app" && !isInitialized(each)).map(nameOf);
  const unready = all.filter(({ role, record }) => role !== "init" && !record.ready).map(nameOf);
  const done = phase === "Succeeded" || phase === "Failed";
  const initialized: Partial<Condition> =
    incomplete.length === 0 || (done && phase === "Succeeded")
      ? { status: "True" }
      : {
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${incomplete.join(" ")}]`,
        };
  const containersReady: Partial<Condition> = done
    ? { status: "False", reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : unready.length === 0
      ? { status: "True" }
      : {
          status: "False",
          reason: "ContainersNotReady",
          message: `containers with unready status: [${unready.join(" ")}]`,
        };
  const before = pod.status?.conditions ?? [];
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const closed = gates.filter((gate) => before.find(({ type }) => type === gate)?.status !== "True");
  const ready: Partial<Condition> =
    containersReady.status === "True" && closed.length > 0
      ? {
          status: "False",
          reason: "ReadinessGatesNotReady",
          message: `the status of pod readiness gates ${closed.join(", ")} is not "True"`,
        }
      : containersReady;
  const ours: [type: string, condition: Partial<Condition>][] = [
    ["PodReadyToStartContainers", { status: networked && !done ? "True" : "False" }],
    ["Initialized", initialized],
    ["Ready", ready],
    ["ContainersReady", containersReady],
    ["PodScheduled", { status: "True" }],
  ];
  const own = ours.map(([type, condition]) => {
    const old = before.find((each) => each.type === type);
    const status = condition.status ?? "False";
    const since = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    return { lastProbeTime: null, ...condition, type, status, lastTransitionTime: since };
  });
  // Conditions of others stay: a merge patch replaces the list as a whole.
  return [...own, ...before.filter(({ type }) => !ours.some(([name]) => name === type))];
}

function nameOf({ container }: Known): string {
  return container.name;
}

function containerStatus(image: string, record: ContainerRecord, role: Role): ContainerStatus {
  const done = record.state.type === "Terminated" && record.state.exitCode === 0;
  return {
    name: record.name,
    image,
    imageID: record.imageID ?? "",
    ...(record.containerID !== undefined && { containerID: record.containerID }),
    ready: role === "init" ? done : record.ready,
    started: role === "init" ? record.state.type === "Running" : record.started,
    restartCount: record.restarts,
    state: stateOf(record.state),
    lastState: record.last ? { terminated: terminated(record.last) } : {},
  };
}

function stateOf(state: State): NonNullable<ContainerStatus["state"]> {
  switch (state.type) {
    case "Waiting":
      return {
        waiting: { reason: state.reason, ...(state.message !== undefined && { message: state.message }) },
      };
    case "Running":
      return { running: { startedAt: state.startedAt } };
    case "Terminated":
      return { terminated: terminated(state) };
  }
}

function terminated({ exitCode, reason, message, startedAt, finishedAt, containerID }: Terminated) {
  return { exitCode, reason, ...(message !== undefined && { message }), startedAt, finishedAt, containerID };
}
