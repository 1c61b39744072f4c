/** What Kubernetes says of the Service in front of a Gateway: its addresses, and whether something answers there. */

import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import { serviceHost } from "../hosts.ts";
import type { EndpointSliceObject, ServiceObject } from "../kubernetes.ts";
import type { GatewayState } from "./gateway-status.ts";

/** Buckets: `namespace/name` of the Service. */
export type ReadyServices = Index<string>;

/** Of each slice only whether it has a ready endpoint: which ones they are changes more often than that. */
export function wireReadyServices(graph: Graph, slices: Collection<EndpointSliceObject>): ReadyServices {
  const ready = graph.derive("ready endpoint slices", slices, (_key, { endpoints, metadata }) =>
    endpoints?.some(({ conditions, addresses }) => conditions?.ready !== false && addresses?.length)
      ? `${metadata.namespace ?? ""}/${metadata.labels?.["kubernetes.io/service-name"] ?? ""}`
      : undefined,
  );
  return graph.index(ready, "service", (service) => [service]);
}

export function isReady(services: ReadyServices, read: Reader, key: string): boolean {
  return read.bucket(services, key).size > 0;
}

export function addressesOf(service: ServiceObject | undefined, clusterDomain: string): GatewayState["addresses"] {
  if (!service) return [];
  if (service.spec?.type !== "LoadBalancer") {
    const { name, namespace = "" } = service.metadata;
    return [{ type: "Hostname", value: serviceHost(name, namespace, clusterDomain) }];
  }
  return ingressOf(service).flatMap(({ ip, hostname }): GatewayState["addresses"] => {
    if (ip !== undefined) return [{ type: "IPAddress", value: ip }];
    return hostname === undefined ? [] : [{ type: "Hostname", value: hostname }];
  });
}

/** `status.loadBalancer.ingress`, which whoever provides load balancers writes. */
function ingressOf(service: ServiceObject): { ip?: string; hostname?: string }[] {
  const ingress = member(member(member(service, "status"), "loadBalancer"), "ingress");
  if (!Array.isArray(ingress)) return [];
  return ingress.map((entry: unknown) => {
    const [ip, hostname] = [member(entry, "ip"), member(entry, "hostname")];
    return { ...(typeof ip === "string" && { ip }), ...(typeof hostname === "string" && { hostname }) };
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
