/** What a gateway's clients meet: one listener for each port, with a filter chain for each way to serve it. */
import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { TrafficDirection } from "#envoy/config/core/v3/base_pb.js";
import type { Filter, FilterChainSchema } from "#envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { GatewayPort, GatewayServer } from "../../mesh/gateway-model.ts";
import { endsTls, readsHttp, tableOf } from "../../mesh/gateways.ts";
import { covers } from "../../mesh/hosts.ts";
import type { TcpRoute } from "../../mesh/model.ts";
import { address } from "../addresses.ts";
import type { Fields } from "../any.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import { MESH_HTTP, MESH_TCP, type MeshTls } from "../mesh-tls.ts";
import { BLACK_HOLE_CLUSTER } from "../names.ts";
import { gatewayTls, tlsSocket } from "./downstream-tls.ts";
import { httpConnectionManager, type RequestSettings } from "./http-connection-manager.ts";
import { tlsInspector } from "./listener-filters.ts";
import { tcpByServerName, tcpForward, tcpProxy } from "./network-filters.ts";
import { tcpPolicyFilters } from "./policy-filters.ts";

type Chain = Fields<typeof FilterChainSchema>;

export function gatewayListenerName({ bind, targetPort }: Pick<GatewayPort, "bind" | "targetPort">): string {
  return `${bind || "0.0.0.0"}_${targetPort}`;
}

export interface GatewayListenerParams {
  port: GatewayPort;
  accessLogFile: string;
  mesh: MeshTls;
  /** Clusters that serve requests as well as bytes. */
  undeclared?: readonly string[];
  /** Of what in the mesh the mesh's TLS may be for, where it is passed on. */
  serverNames?: readonly string[];
  /** What the gateway enforces on those who call it. Absent: nothing. */
  policies?: HttpPolicies;
  requests?: RequestSettings;
}

/** What all chains have in common. */
type Common = Required<Omit<GatewayListenerParams, "port">>;

/** Undefined when nothing that the port's servers want can be served: Envoy refuses a listener without chains. */
export function gatewayListener({ port, ...params }: GatewayListenerParams): Listener | undefined {
  const common = { undeclared: [], serverNames: [], policies: {}, requests: {}, ...params };
  const name = gatewayListenerName(port);
  const http = (routes: string) =>
    httpConnectionManager({
      role: "Gateway",
      statPrefix: `outbound_${name}`,
      routes,
      // its virtual hosts are pushed; a cluster that is on its way is worth waiting for
      lazy: true,
      accessLogFile: common.accessLogFile,
      policies: common.policies,
      requests: common.requests,
    });
  const chains = port.servers.flatMap((server) => {
    const routes = port.tcpRoutes.filter(({ table }) => table === tableOf(server));
    return tlsChains(server, routes, common, http);
  });
  const plain = plainChain(port, common, http);
  if (chains.length === 0 && !plain) return undefined;
  return create(ListenerSchema, {
    name,
    address: address(port.bind || "0.0.0.0", port.targetPort),
    trafficDirection: TrafficDirection.OUTBOUND,
    ...(chains.length > 0 && { listenerFilters: [tlsInspector()] }),
    filterChains: distinct(chains),
    ...(plain && { defaultFilterChain: plain }),
  });
}

type Http = (routes: string) => Filter;

function tlsChains(server: GatewayServer, routes: readonly TcpRoute[], common: Common, http: Http): Chain[] {
  const ended = endsTls(server) ? server.tls : undefined;
  if (server.protocol === "HTTPS") {
    if (server.tls?.mode === "AutoPassthrough") return forMesh(server, common);
    return ended
      ? [chain(server, server.hosts, [http(tableOf(server))], gatewayTls(ended, common.mesh, ["h2", "http/1.1"]))]
      : [];
  }
  if (server.protocol !== "TLS") return [];
  if (server.tls?.mode === "AutoPassthrough") return forMesh(server, common);
  const context = ended && gatewayTls(ended, common.mesh, []);
  return [
    ...routes.map((route) =>
      chain(server, route.sniHosts.length > 0 ? route.sniHosts : server.hosts, tcp([route], common), context),
    ),
    // without a route a connection is closed; but the port is open as soon as a server wants it
    chain(server, server.hosts, tcp([], common), context),
  ];
}

/** A port speaks plain HTTP or plain TCP, whichever its first such server says: they cannot be told apart. */
function plainChain(port: GatewayPort, common: Common, http: Http): Chain | undefined {
  const server = port.servers.find(({ protocol }) => protocol === "TCP" || readsHttp({ protocol }));
  if (!server) return undefined;
  if (server.protocol !== "TCP") return { name: "http", filters: [http(tableOf(server))] };
  const routes = port.tcpRoutes.filter(({ table }) => table === tableOf(server));
  return { name: "tcp", filters: tcp(routes, common) };
}

/**
 * For the mesh's own TLS on its way to wherever its server name says; nobody else's. Each name is listed: Envoy asks for
 * the cluster of whatever comes through, and strangers must not choose what it has to remember.
 */
function forMesh(server: GatewayServer, { accessLogFile, policies, serverNames }: Common): Chain[] {
  const known = serverNames.filter((name) => server.hosts.some((host) => covers(host, name)));
  if (known.length === 0) return [];
  const filters = [...tcpPolicyFilters(policies), ...tcpByServerName(accessLogFile)];
  const made = chain(server, known, filters, undefined);
  const filterChainMatch = { ...made.filterChainMatch, applicationProtocols: [...MESH_HTTP, ...MESH_TCP] };
  return [{ ...made, filterChainMatch }];
}

/** For connections that ask for one of these hosts. `tls`: as the gateway ends it. */
function chain(
  { origin, name }: GatewayServer,
  hosts: readonly string[],
  filters: Filter[],
  tls: Any | undefined,
): Chain {
  return {
    name: `${origin.namespace}/${origin.name}/${name}`,
    filterChainMatch: { transportProtocol: "tls", serverNames: names(hosts) },
    filters,
    ...(tls && { transportSocket: tlsSocket(tls) }),
  };
}

function tcp([route]: readonly TcpRoute[], { accessLogFile, policies, undeclared }: Common): Filter[] {
  const forward = route ? tcpForward(route.destinations, accessLogFile, undeclared) : [];
  return [
    ...tcpPolicyFilters(policies),
    ...(forward.length > 0 ? forward : [tcpProxy(BLACK_HOLE_CLUSTER, accessLogFile)]),
  ];
}

/** No name means any to Envoy, which does not know `*`. */
function names(hosts: readonly string[]): string[] {
  return hosts.includes("*") ? [] : [...hosts];
}

/** Envoy refuses the whole listener when two chains match alike: the first stays, as the older object wins. */
function distinct(chains: readonly Chain[]): Chain[] {
  const seen = new Set<string>();
  return chains.flatMap((chain) => {
    const serverNames = chain.filterChainMatch?.serverNames ?? [];
    const left = serverNames.filter((name) => !seen.has(name));
    if (serverNames.length === 0 ? seen.has("*") : left.length === 0) return [];
    for (const name of serverNames.length === 0 ? ["*"] : left) seen.add(name);
    return [{ ...chain, filterChainMatch: { ...chain.filterChainMatch, serverNames: left } }];
  });
}
