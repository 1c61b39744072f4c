import {
  type Cluster_DiscoveryType,
  type ClusterSchema,
  Cluster_DnsLookupFamily as Family,
  Cluster_DiscoveryType as Type,
} from "#envoy/config/cluster/v3/cluster_pb.js";
import type { Labels, Service, ServicePort, TrafficPolicy } from "../../mesh/model.ts";
import { socketEndpoint } from "../addresses.ts";
import type { Fields } from "../any.ts";
import { ads } from "../config-sources.ts";
import { noTimeout, seconds } from "../durations.ts";
import { locality } from "../localities.ts";

export interface Discovered {
  service: Service;
  port: ServicePort;
  subset?: { name: string; labels: Labels };
  policy: TrafficPolicy;
}

type Init = Fields<typeof ClusterSchema> & {
  clusterDiscoveryType: { case: "type"; value: Cluster_DiscoveryType };
};

/** How Envoy finds the endpoints. */
export function discovery(params: Discovered, name: string, istioName: string): Init {
  const { service, policy } = params;
  if (policy.loadBalancer?.type === "Passthrough") return type(Type.ORIGINAL_DST);
  switch (service.resolution) {
    case "Passthrough":
      return type(Type.ORIGINAL_DST);
    case "Endpoints":
      return {
        ...type(Type.EDS),
        // every name of the cluster shares one resource with its endpoints
        edsClusterConfig: { serviceName: name === istioName ? "" : istioName, edsConfig: ads(noTimeout()) },
      };
    case "DNS":
      return byName(Type.STRICT_DNS, name, dnsEndpoints(params));
    case "DNSRoundRobin":
      // Envoy refuses more than one endpoint here
      return byName(Type.LOGICAL_DNS, name, dnsEndpoints(params).slice(0, 1));
  }
}

function type(value: Cluster_DiscoveryType): Init {
  return { clusterDiscoveryType: { case: "type", value } };
}

type Localities = NonNullable<NonNullable<Init["loadAssignment"]>["endpoints"]>;

function byName(value: Cluster_DiscoveryType, name: string, endpoints: Localities): Init {
  // a wildcard host has no name to resolve, and Envoy refuses DNS clusters without one
  if (endpoints.length === 0) return type(Type.STATIC);
  return {
    ...type(value),
    dnsLookupFamily: Family.V4_PREFERRED,
    dnsRefreshRate: seconds(60),
    respectDnsTtl: true,
    loadAssignment: { clusterName: name, endpoints },
  };
}

function dnsEndpoints({ service, port, subset }: Discovered): Localities {
  const wanted = Object.entries(subset?.labels ?? {});
  const chosen = service.dnsEndpoints.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
  if (service.dnsEndpoints.length === 0 && !service.host.startsWith("*") && wanted.length === 0) {
    return [{ lbEndpoints: [socketEndpoint(service.host, port.targetPort ?? port.number)], loadBalancingWeight: 1 }];
  }
  return chosen.map((each) => ({
    locality: locality(each.locality),
    loadBalancingWeight: Math.max(1, each.weight),
    lbEndpoints: [
      {
        ...socketEndpoint(each.host, each.ports[port.name] ?? port.targetPort ?? port.number),
        loadBalancingWeight: Math.max(1, each.weight),
      },
    ],
  }));
}
