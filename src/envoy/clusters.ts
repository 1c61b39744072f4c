/**
 * Clusters. Those of services are named as Istio names them; one cluster stands for one port of a service, or of one of
 * its subsets, under the traffic policy of one client.
 */
import { create } from "@bufbuild/protobuf";
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType as Discovery,
  Cluster_LbPolicy as Policy,
} from "#envoy/config/cluster/v3/cluster_pb.js";
import type { ConnectionPool, Labels, Protocol, Service, ServicePort, TrafficPolicy } from "../mesh/model.ts";
import { socketEndpoint } from "./addresses.ts";
import type { Fields } from "./any.ts";
import { connectionOptions, protocolOptions } from "./clusters/connections.ts";
import { discovery, isOriginalDestination } from "./clusters/discovery.ts";
import { balancing } from "./clusters/load-balancing.ts";
import { clusterMetadata } from "./clusters/metadata.ts";
import { outlierDetection } from "./clusters/outliers.ts";
import { type ServerTls, transportSockets } from "./clusters/transport-sockets.ts";
import { milliseconds } from "./durations.ts";
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  inboundClusterName,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
  statName,
} from "./names.ts";

export interface ClusterSettings {
  connectTimeoutMs: number;
}

export interface OutboundClusterParams {
  service: Service;
  port: ServicePort;
  /** `labels` choose among endpoints that are part of the cluster itself, as those of DNS services are. */
  subset?: { name: string; labels: Labels };
  /** As merged for this very port and subset. */
  policy: TrafficPolicy;
  settings: ClusterSettings;
  /** A sidecar speaks to a port of unknown protocol as its client does; a gateway speaks HTTP/1.1. */
  client: "Sidecar" | "Gateway";
  /** Another name for the same: how TCP connections, which know only an address, ask for it. */
  name?: string;
  mesh: ServerTls;
}

export function outboundCluster(params: OutboundClusterParams): Cluster {
  const { service, port, policy } = params;
  const subset = params.subset?.name ?? "";
  const named = { host: service.host, port: port.number, subset };
  const istioName = outboundClusterName(named);
  const name = params.name ?? istioName;
  const found = discovery(params, name, istioName);
  // who knows only an address has only bytes
  const server = { ...named, service, protocol: port.protocol, bytes: params.name !== undefined };
  return create(ClusterSchema, {
    name,
    altStatName: statName(istioName),
    ...found,
    ...balancing(policy, isOriginalDestination(found)),
    ...connectionOptions(policy, params.settings.connectTimeoutMs),
    ...protocolOptions(port.protocol, policy, params.client),
    ...(policy.outlierDetection && { outlierDetection: outlierDetection(policy.outlierDetection) }),
    ...transportSockets(policy, server, params.mesh),
    metadata: clusterMetadata([service], {
      subset,
      ...(policy.origin && { origin: policy.origin }),
    }),
  });
}

export interface InboundClusterParams {
  /** Of the application. */
  port: ServicePort;
  targetPort: number;
  services: readonly Service[];
  connectionPool?: ConnectionPool;
  settings: ClusterSettings;
  /** Without interception: where the application listens. Else its pod's own address, as the client asked for it. */
  address?: string;
}

/**
 * Applications close connections that were idle for some seconds, five in Node.js, two in gunicorn: a request that is
 * sent just then is lost. So the sidecar closes them first; a new one costs next to nothing.
 */
const APP_IDLE_MS = 1_000;

const HTTP: ReadonlySet<Protocol> = new Set(["HTTP", "HTTP2", "GRPC", "Auto"]);

/** `inbound|9080||`: from the sidecar to its application. */
export function inboundCluster(params: InboundClusterParams): Cluster {
  const { port, targetPort, services, address } = params;
  const name = inboundClusterName(targetPort);
  const idle = HTTP.has(port.protocol) ? { idleTimeoutMs: APP_IDLE_MS } : {};
  const policy: TrafficPolicy = { connectionPool: { ...idle, ...params.connectionPool } };
  return create(ClusterSchema, {
    name,
    altStatName: statName(name),
    ...(address === undefined ? toOriginalAddress() : toFixedAddress(name, address, targetPort)),
    ...connectionOptions(policy, params.settings.connectTimeoutMs),
    ...protocolOptions(port.protocol, policy, "Sidecar"),
    metadata: clusterMetadata(services, { subset: "" }),
  });
}

/** To the address that the client asked for: under its own name, or under the name by which a TCP connection asks. */
export function passthroughCluster(settings: ClusterSettings, name = PASSTHROUGH_CLUSTER): Cluster {
  return create(ClusterSchema, { name, altStatName: statName(PASSTHROUGH_CLUSTER), ...passthrough(settings) });
}

/** To ports of this pod that no service names. */
export function inboundPassthroughCluster(settings: ClusterSettings): Cluster {
  const name = INBOUND_PASSTHROUGH_CLUSTER;
  return create(ClusterSchema, {
    name,
    altStatName: statName(name),
    ...passthrough(settings),
    ...toOriginalAddress(),
  });
}

function passthrough(settings: ClusterSettings): Fields<typeof ClusterSchema> {
  return {
    clusterDiscoveryType: { case: "type", value: Discovery.ORIGINAL_DST },
    lbPolicy: Policy.CLUSTER_PROVIDED,
    ...connectionOptions({}, settings.connectTimeoutMs),
    ...protocolOptions("Auto", { connectionPool: { idleTimeoutMs: 300_000 } }, "Sidecar"),
  };
}

/** Has no endpoints: ends a connection at once. */
export function blackHoleCluster(settings: ClusterSettings): Cluster {
  return stubCluster(BLACK_HOLE_CLUSTER, settings);
}

/**
 * The answer to an on-demand request for a cluster that does not exist: an immediate 503, where saying "no such
 * cluster" would make each later request wait out Envoy's on-demand timeout.
 */
export function stubCluster(name: string, settings: ClusterSettings): Cluster {
  return create(ClusterSchema, {
    name,
    altStatName: statName(name),
    clusterDiscoveryType: { case: "type", value: Discovery.STATIC },
    connectTimeout: milliseconds(settings.connectTimeoutMs),
  });
}

/** From this address the pod's redirection lets connections through: else they would come back to the sidecar. */
const INBOUND_SOURCE = "127.0.0.6";

function toOriginalAddress(): Fields<typeof ClusterSchema> {
  return {
    clusterDiscoveryType: { case: "type", value: Discovery.ORIGINAL_DST },
    lbPolicy: Policy.CLUSTER_PROVIDED,
    upstreamBindConfig: {
      sourceAddress: { address: INBOUND_SOURCE, portSpecifier: { case: "portValue", value: 0 } },
    },
  };
}

function toFixedAddress(name: string, address: string, port: number): Fields<typeof ClusterSchema> {
  const endpoint = socketEndpoint(address, port);
  return {
    clusterDiscoveryType: { case: "type", value: Discovery.STATIC },
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [endpoint] }] },
  };
}
