import type { Node } from "#envoy/config/core/v3/base_pb.js";

/** What Envoy's node id says: `sidecar~10.244.0.7~reviews-v1-abc.default~default.svc.cluster.local`. */
export interface NodeId {
  type: "sidecar" | "router";
  address: string;
  pod: string;
  namespace: string;
}

/** Undefined when it is not of that form. */
export function parseNodeId(id: string): NodeId | undefined {
  const [type, address, workload, ...rest] = id.split("~");
  if ((type !== "sidecar" && type !== "router") || address === undefined || rest.length !== 1) return undefined;
  // Pod names may have dots, namespaces have none.
  const dot = workload?.lastIndexOf(".") ?? -1;
  if (workload === undefined || dot <= 0 || dot === workload.length - 1) return undefined;
  return { type, address, pod: workload.slice(0, dot), namespace: workload.slice(dot + 1) };
}

/** `1.40.0`, or "" when Envoy does not say. */
export function envoyVersion(node: Node): string {
  const { userAgentVersionType: agent } = node;
  if (agent.case === "userAgentVersion") return agent.value;
  const version = agent.case === "userAgentBuildVersion" ? agent.value.version : undefined;
  return version ? `${version.majorNumber}.${version.minorNumber}.${version.patch}` : "";
}
