/** A Service and its EndpointSlices as the proxy, DNS and host ports need them. Plain data: it travels to the agent. */
import type { EndpointSlice, Service } from "../resources.ts";

export interface Target {
  ip: string;
  port: number;
}

export interface ServicePortState {
  name: string;
  protocol: "tcp" | "udp";
  port: number;
  nodePort?: number;
  /** Where to send: ready endpoints, in the order of their addresses. */
  targets: Target[];
}

export interface EndpointState {
  ip: string;
  hostname?: string;
}

export interface ServiceState {
  /** `namespace/name`. */
  key: string;
  type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** Empty when headless. */
  clusterIPs: string[];
  externalName?: string;
  /** One client's connections all go to one endpoint. */
  sticky: boolean;
  ports: ServicePortState[];
  /** Those that DNS names: the ready ones, or all when the Service says so. */
  endpoints: EndpointState[];
}

/** Which Service a slice belongs to. */
export const SERVICE_LABEL = "kubernetes.io/service-name";

const TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] as const;

export function serviceState(service: Service, slices: readonly EndpointSlice[]): ServiceState {
  const { spec } = service;
  const type = TYPES.find((name) => name === spec.type) ?? "ClusterIP";
  const ips = (spec.clusterIPs ?? [spec.clusterIP ?? ""]).filter(
    (ip) => ip !== "" && ip !== "None" && !ip.includes(":"),
  );
  const all = spec.publishNotReadyAddresses === true;
  const endpoints = new Map<string, EndpointState>();
  const targets = new Map<string, Map<string, Target>>();
  for (const slice of slices) {
    if (slice.addressType !== undefined && slice.addressType !== "IPv4") continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (!all && endpoint.conditions?.ready === false) continue;
      for (const ip of endpoint.addresses) {
        endpoints.set(ip, { ip, ...(endpoint.hostname !== undefined && { hostname: endpoint.hostname }) });
        for (const { name = "", port, protocol = "TCP" } of slice.ports ?? []) {
          if (port === undefined) continue;
          const key = `${protocol}/${name}`;
          const known = targets.get(key) ?? new Map<string, Target>();
          targets.set(key, known.set(`${ip}:${port}`, { ip, port }));
        }
      }
    }
  }
  return {
    key: `${service.metadata.namespace}/${service.metadata.name}`,
    type,
    clusterIPs: type === "ExternalName" ? [] : ips,
    ...(spec.externalName !== undefined && { externalName: spec.externalName }),
    sticky: spec.sessionAffinity === "ClientIP",
    ports: (spec.ports ?? [])
      .filter(({ protocol = "TCP" }) => protocol === "TCP" || protocol === "UDP")
      .map(({ name = "", protocol = "TCP", port, nodePort }) => ({
        name,
        protocol: protocol === "UDP" ? ("udp" as const) : ("tcp" as const),
        port,
        ...(nodePort !== undefined && nodePort > 0 && { nodePort }),
        targets: [...(targets.get(`${protocol}/${name}`)?.values() ?? [])].sort(byAddress),
      })),
    endpoints: [...endpoints.values()].sort((a, b) => (a.ip < b.ip ? -1 : 1)),
  };
}

function byAddress(a: Target, b: Target): number {
  return a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1;
}
