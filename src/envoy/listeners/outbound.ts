/**
 * What an application's connections meet in its sidecar. They are redirected to virtualOutbound, which hands each to the
 * listener of its original address or port; those listeners bind to nothing.
 */
import { create } from "@bufbuild/protobuf";
import { TrafficDirection } from "#envoy/config/core/v3/base_pb.js";
import type { FilterChainSchema } from "#envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { MeshSettings, TcpRoute } from "../../mesh/model.ts";
import { address } from "../addresses.ts";
import type { Fields } from "../any.ts";
import { noTimeout } from "../durations.ts";
import { BLACK_HOLE_CLUSTER, OUTBOUND_PORT, PASSTHROUGH_CLUSTER, VIRTUAL_OUTBOUND } from "../names.ts";
import { cidr } from "./cidr.ts";
import { httpConnectionManager, type RequestSettings } from "./http-connection-manager.ts";
import { httpInspector, PLAIN_HTTP, tlsInspector } from "./listener-filters.ts";
import { tcpByAddress, tcpForward, tcpProxy } from "./network-filters.ts";

export interface OutboundParams {
  settings: Pick<MeshSettings, "outboundTrafficPolicy" | "accessLogFile"> & RequestSettings;
  /** Addresses of services, `10.96.0.0/16`: a connection there asks for its cluster by address. Others pass through. */
  serviceRanges: readonly string[];
}

type Chain = Fields<typeof FilterChainSchema>;

/** Takes every redirected connection, and keeps those that no other listener is for. */
export function virtualOutboundListener(params: OutboundParams): Listener {
  return create(ListenerSchema, {
    name: VIRTUAL_OUTBOUND,
    address: address("0.0.0.0", OUTBOUND_PORT),
    trafficDirection: TrafficDirection.OUTBOUND,
    useOriginalDst: true,
    filterChains: [
      {
        // a connection to the listener itself would be passed through to itself, again and again
        name: "virtualOutbound-blackhole",
        filterChainMatch: { destinationPort: OUTBOUND_PORT },
        filters: [tcpProxy(BLACK_HOLE_CLUSTER, "")],
      },
      ...byAddress(params),
    ],
    defaultFilterChain: unknownAddress(params),
  });
}

export interface OutboundPortParams extends OutboundParams {
  port: number;
  /** Virtual hosts and clusters come when first needed. */
  lazy: boolean;
  /** Where TLS connections go by the name that they ask for; others go by their address. */
  tlsRoutes?: readonly TcpRoute[];
}

/** `0.0.0.0_9080`: all HTTP that goes to one port, whatever the address. What is not HTTP goes by its address. */
export function outboundPortListener(params: OutboundPortParams): Listener {
  const { port, lazy, tlsRoutes = [], settings } = params;
  const name = `0.0.0.0_${port}`;
  const http = httpConnectionManager({
    role: "SidecarOutbound",
    statPrefix: `outbound_${name}`,
    routes: String(port),
    lazy,
    accessLogFile: settings.accessLogFile,
    requests: settings,
  });
  const sni = tlsRoutes.flatMap((route) => sniChain(route, settings.accessLogFile));
  // Envoy matches the address before the protocol and does not come back: every chain must cover every range
  const everywhere = sni.length > 0 || params.serviceRanges.length > 0 ? [...params.serviceRanges, ...EVERYWHERE] : [];
  const prefixRanges = everywhere.map(cidr);
  return create(ListenerSchema, {
    name,
    address: address("0.0.0.0", port),
    bindToPort: false,
    trafficDirection: TrafficDirection.OUTBOUND,
    listenerFilters: [...(sni.length > 0 ? [tlsInspector()] : []), httpInspector()],
    ...inspection(),
    filterChains: [
      { name: "http", filterChainMatch: { prefixRanges, applicationProtocols: [...PLAIN_HTTP] }, filters: [http] },
      ...sni.map((chain) => ({ ...chain, filterChainMatch: { ...chain.filterChainMatch, prefixRanges } })),
      ...byAddress(params),
    ],
    defaultFilterChain: unknownAddress(params),
  });
}

export interface OutboundTcpParams {
  /** Of the service; 0.0.0.0 when it has none. */
  address: string;
  port: number;
  routes: readonly TcpRoute[];
  accessLogFile: string;
  /** Clusters that serve requests as well as bytes. */
  undeclared?: readonly string[];
}

/**
 * `10.96.0.7_5432`: TCP to one address and port by routes, which a cluster named by the address cannot express, or
 * beside HTTP on the same port, where a server that speaks first would wait for the inspector.
 */
export function outboundTcpListener(params: OutboundTcpParams): Listener {
  const tls = params.routes.filter(({ sniHosts }) => sniHosts.length > 0);
  const plain = params.routes.find(({ sniHosts }) => sniHosts.length === 0);
  const filters = plain ? tcpForward(plain.destinations, params.accessLogFile, params.undeclared) : [];
  return create(ListenerSchema, {
    name: `${params.address}_${params.port}`,
    address: address(params.address, params.port),
    bindToPort: false,
    trafficDirection: TrafficDirection.OUTBOUND,
    ...(tls.length > 0 && { listenerFilters: [tlsInspector()], ...inspection() }),
    filterChains: tls.flatMap((route) => sniChain(route, params.accessLogFile, params.undeclared)),
    defaultFilterChain: {
      filters: filters.length > 0 ? filters : [tcpProxy(BLACK_HOLE_CLUSTER, params.accessLogFile)],
    },
  });
}

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

function sniChain(route: TcpRoute, accessLogFile: string, undeclared?: readonly string[]): Chain[] {
  const filters = tcpForward(route.destinations, accessLogFile, undeclared);
  if (filters.length === 0) return [];
  return [
    {
      name: route.sniHosts.join(","),
      filterChainMatch: { transportProtocol: "tls", serverNames: [...route.sniHosts] },
      filters,
    },
  ];
}

function byAddress({ serviceRanges, settings }: OutboundParams): Chain[] {
  if (serviceRanges.length === 0) return [];
  return [
    {
      name: "by-address",
      filterChainMatch: { prefixRanges: serviceRanges.map(cidr) },
      filters: tcpByAddress(settings.accessLogFile),
    },
  ];
}

function unknownAddress({ settings }: OutboundParams): Chain {
  const cluster = settings.outboundTrafficPolicy === "ALLOW_ANY" ? PASSTHROUGH_CLUSTER : BLACK_HOLE_CLUSTER;
  return { name: "virtualOutbound-catchall-tcp", filters: [tcpProxy(cluster, settings.accessLogFile)] };
}

/** No limit to the wait for a first byte, as in Istio: a slow client must not be taken for another protocol. */
function inspection(): Pick<
  Fields<typeof ListenerSchema>,
  "listenerFiltersTimeout" | "continueOnListenerFiltersTimeout"
> {
  return { listenerFiltersTimeout: noTimeout(), continueOnListenerFiltersTimeout: true };
}
