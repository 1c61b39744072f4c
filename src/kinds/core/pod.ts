import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { defaultPodSpec } from "./pod-defaults.ts";
import { PodSpec, podListMapKeys } from "./pod-spec.ts";
import { podChangeProblems, podProblems } from "./pod-validation.ts";
import { anything, anythings, bool, Condition, int, list, oneOf, quantities, shape, text, time } from "./shape.ts";

const ContainerState = shape(
  "ContainerState",
  {},
  {
    waiting: shape("ContainerStateWaiting", {}, { reason: text, message: text }),
    running: shape("ContainerStateRunning", {}, { startedAt: time }),
    terminated: shape(
      "ContainerStateTerminated",
      { exitCode: int },
      { signal: int, reason: text, message: text, startedAt: time, finishedAt: time, containerID: text },
    ),
  },
);

export const ContainerStatus = shape(
  "ContainerStatus",
  { name: text, ready: bool, restartCount: int },
  {
    image: text,
    imageID: text,
    containerID: text,
    started: bool,
    state: ContainerState,
    lastState: ContainerState,
    allocatedResources: quantities,
    allocatedResourcesStatus: anythings,
    resources: anything,
    stopSignal: text,
    user: anything,
    volumeMounts: anythings,
  },
);
export type ContainerStatus = Type.Static<typeof ContainerStatus>;

const PodStatus = shape(
  "PodStatus",
  {},
  {
    phase: oneOf("Pending", "Running", "Succeeded", "Failed", "Unknown"),
    conditions: list(Condition),
    message: text,
    reason: text,
    nominatedNodeName: text,
    observedGeneration: int,
    hostIP: text,
    hostIPs: list(shape("HostIP", { ip: text }, {})),
    podIP: text,
    podIPs: list(shape("PodIP", { ip: text }, {})),
    startTime: time,
    qosClass: text,
    resize: text,
    initContainerStatuses: list(ContainerStatus),
    containerStatuses: list(ContainerStatus),
    ephemeralContainerStatuses: list(ContainerStatus),
    resourceClaimStatuses: anythings,
    allocatedResources: quantities,
    resources: anything,
    extendedResourceClaimStatus: anything,
  },
);
export type PodStatus = Type.Static<typeof PodStatus>;

export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

export const podKind: Kind<Pod> = {
  type: { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true },
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  description: "Pod is a collection of containers that run together on a node and share its network address.",
  schema: Type.Object({ spec: PodSpec, status: Type.Optional(PodStatus) }),
  status: true,
  listMapKeys: {
    ...podListMapKeys("spec"),
    "metadata.ownerReferences": ["uid"],
    "status.conditions": ["type"],
    "status.podIPs": ["ip"],
    "status.hostIPs": ["ip"],
  },
  defaults(pod) {
    const spec = defaultPodSpec(pod.spec);
    return {
      ...pod,
      spec: { ...spec, enableServiceLinks: spec.enableServiceLinks ?? true },
      // Of the spec as it is now: admission may have added containers.
      status: { phase: "Pending", ...pod.status, qosClass: qosClass(spec) },
    };
  },
  validate: (pod) => podProblems(pod.spec, "spec"),
  validateUpdate: (pod, old) => podChangeProblems(pod.spec, old.spec),
};

/** How Kubernetes ranks a pod when resources run short. */
function qosClass(spec: PodSpec): string {
  const resources = [...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources ?? {});
  if (resources.every(({ limits, requests }) => !limits && !requests)) return "BestEffort";
  const guaranteed = resources.every(({ limits, requests }) =>
    ["cpu", "memory"].every(
      (name) => limits?.[name] !== undefined && (requests?.[name] ?? limits[name]) === limits[name],
    ),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
