import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { anything, bool, Condition, list, quantities, shape, text, texts } from "./shape.ts";

const NodeSpec = shape(
  "NodeSpec",
  {},
  {
    configSource: anything,
    externalID: text,
    podCIDR: text,
    podCIDRs: texts,
    providerID: text,
    taints: list(shape("Taint", { key: text, effect: text }, { value: text, timeAdded: text })),
    unschedulable: bool,
  },
);

const NodeSystemInfo = shape(
  "NodeSystemInfo",
  {},
  {
    architecture: text,
    bootID: text,
    containerRuntimeVersion: text,
    kernelVersion: text,
    kubeProxyVersion: text,
    kubeletVersion: text,
    machineID: text,
    operatingSystem: text,
    osImage: text,
    systemUUID: text,
    swap: anything,
  },
);

const NodeStatus = shape(
  "NodeStatus",
  {},
  {
    addresses: list(shape("NodeAddress", { type: text, address: text }, {})),
    allocatable: quantities,
    capacity: quantities,
    conditions: list(Condition),
    config: anything,
    daemonEndpoints: anything,
    features: anything,
    images: list(anything),
    nodeInfo: NodeSystemInfo,
    phase: text,
    runtimeHandlers: list(anything),
    volumesAttached: list(anything),
    volumesInUse: texts,
    declaredFeatures: texts,
  },
);

const schema = Type.Partial(Type.Object({ spec: NodeSpec, status: NodeStatus }));

export type Node = KubeObject & Type.Static<typeof schema>;

export const nodeKind: Kind<Node> = {
  type: { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false },
  singular: "node",
  shortNames: ["no"],
  description: "Node is a machine on which pods run.",
  schema,
  status: true,
  listMapKeys: {
    "spec.taints": ["key", "effect"],
    "status.conditions": ["type"],
    "status.addresses": ["type"],
  },
  defaults: (node) => ({ ...node, spec: node.spec ?? {}, status: node.status ?? {} }),
};
