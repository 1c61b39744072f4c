import { create } from "@bufbuild/protobuf";
import { type ClusterSchema, Cluster_DiscoveryType as Type } from "#envoy/config/cluster/v3/cluster_pb.js";
import { MetadataSchema } from "#envoy/config/core/v3/base_pb.js";
import { DnsClusterSchema, DnsLookupFamily as Family } from "#envoy/extensions/clusters/dns/v3/dns_cluster_pb.js";
import type { Labels, Service, ServicePort, TrafficPolicy } from "../../mesh/model.ts";
import { socketEndpoint } from "../addresses.ts";
import { type Fields, pack } from "../any.ts";
import { ads } from "../config-sources.ts";
import { seconds } from "../durations.ts";
import { MESHED } from "../endpoints/metadata.ts";
import { locality } from "../localities.ts";

export interface Discovered {
  service: Service;
  port: ServicePort;
  subset?: { name: string; labels: Labels };
  policy: TrafficPolicy;
  client: "Sidecar" | "Gateway";
}

type Init = Fields<typeof ClusterSchema>;

/**
 * How long a new or changed cluster waits for its endpoints. The control plane sends them with it; should they not come,
 * Envoy goes on with those that it knows, where no limit would leave the change without effect.
 */
const ENDPOINTS_S = 5;

/** How Envoy finds the endpoints. */
export function discovery(params: Discovered, name: string, istioName: string): Init {
  if (asksForAddress(params)) return type(Type.ORIGINAL_DST);
  switch (params.service.resolution) {
    case "Passthrough":
    case "Endpoints":
      return endpoints(name, istioName);
    case "DNS":
      return byName(false, name, dnsEndpoints(params));
    case "DNSRoundRobin":
      // Envoy refuses more than one endpoint here
      return byName(true, name, dnsEndpoints(params).slice(0, 1));
  }
}

/** Whether connections go to the address that the client asked for. */
export function asksForAddress({
  service,
  policy,
  client,
}: Pick<Discovered, "service" | "policy" | "client">): boolean {
  if (policy.loadBalancer?.type === "Passthrough") return true;
  // a gateway's clients call the gateway: the address that they asked for is its own
  return service.resolution === "Passthrough" && !(service.headless && client === "Gateway");
}

function endpoints(name: string, istioName: string): Init {
  return {
    ...type(Type.EDS),
    // every name of the cluster shares one resource with its endpoints
    edsClusterConfig: { serviceName: name === istioName ? "" : istioName, edsConfig: ads(seconds(ENDPOINTS_S)) },
  };
}

/** Whether Envoy takes the address that the client asked for instead of choosing one. */
export function isOriginalDestination({ clusterDiscoveryType }: Init): boolean {
  return clusterDiscoveryType?.case === "type" && clusterDiscoveryType.value === Type.ORIGINAL_DST;
}

function type(value: Type): Init {
  return { clusterDiscoveryType: { case: "type", value } };
}

type Localities = NonNullable<NonNullable<Init["loadAssignment"]>["endpoints"]>;

/** Istio's default; where the answer has a shorter life, that counts. */
const DNS_REFRESH_S = 60;

/** @param logical All that a name resolves to counts as one endpoint: connections go to the first address. */
function byName(logical: boolean, name: string, endpoints: Localities): Init {
  // a wildcard host has no name to resolve, and Envoy refuses DNS clusters without one
  if (endpoints.length === 0) return type(Type.STATIC);
  const typedConfig = pack(DnsClusterSchema, {
    allAddressesInSingleEndpoint: logical,
    dnsLookupFamily: Family.V4_PREFERRED,
    dnsRefreshRate: seconds(DNS_REFRESH_S),
    respectDnsTtl: true,
  });
  return {
    clusterDiscoveryType: { case: "clusterType", value: { name: "envoy.cluster.dns", typedConfig } },
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
        ...(each.meshed && { metadata: create(MetadataSchema, { filterMetadata: MESHED }) }),
      },
    ],
  }));
}
