/** What a gateway's clients meet: one listener for each port, with a filter chain for each way to serve it. */
import { create } from "@bufbuild/protobuf";
import { TrafficDirection, TransportSocketSchema } from "#envoy/config/core/v3/base_pb.js";
import type { Filter, FilterChainSchema } from "#envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { GatewayPort, GatewayServer, GatewayTls, TcpRoute } from "../../mesh/model.ts";
import { address } from "../addresses.ts";
import type { Fields } from "../any.ts";
import { BLACK_HOLE_CLUSTER } from "../names.ts";
import { downstreamTls } from "./downstream-tls.ts";
import { httpConnectionManager } from "./http-connection-manager.ts";
import { tlsInspector } from "./listener-filters.ts";
import { tcpForward, tcpProxy } from "./network-filters.ts";

type Chain = Fields<typeof FilterChainSchema>;

/** `http.8080`: the route configuration of all plain HTTP of a port. */
export function gatewayRouteName(targetPort: number): string {
  return `http.${targetPort}`;
}

/** `https.443.NAME.GATEWAY.NAMESPACE`: the route configuration of one server that ends TLS. */
function httpsRouteName({ port, name, origin }: GatewayServer): string {
  return `https.${port}.${name}.${origin.name}.${origin.namespace}`;
}

export function gatewayListenerName({ bind, targetPort }: Pick<GatewayPort, "bind" | "targetPort">): string {
  return `${bind || "0.0.0.0"}_${targetPort}`;
}

export interface GatewayListenerParams {
  port: GatewayPort;
  accessLogFile: string;
}

/** Undefined when nothing that the port's servers want can be served: Envoy refuses a listener without chains. */
export function gatewayListener({ port, accessLogFile }: GatewayListenerParams): Listener | undefined {
  const name = gatewayListenerName(port);
  const http = (routes: string) =>
    httpConnectionManager({
      role: "Gateway",
      statPrefix: `outbound_${name}`,
      routes,
      // its virtual hosts are pushed; a cluster that is on its way is worth waiting for
      lazy: true,
      accessLogFile,
    });
  const chains = port.servers.flatMap((server) => tlsChains(server, port.tcpRoutes, accessLogFile, http));
  const plain = plainChain(port, accessLogFile, http);
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

function tlsChains(server: GatewayServer, routes: readonly TcpRoute[], accessLogFile: string, http: Http): Chain[] {
  switch (server.protocol) {
    case "HTTPS":
      if (!endsTls(server)) return [];
      return [secured(server, server.tls, ["h2", "http/1.1"], http(httpsRouteName(server)))];
    case "TLS":
      if (!endsTls(server)) return routes.flatMap((route) => passthrough(route, accessLogFile));
      return [secured(server, server.tls, [], tcp(routes, accessLogFile))];
    case "HTTP":
    case "HTTP2":
    case "GRPC":
    case "TCP":
      return [];
  }
}

/** A port speaks plain HTTP or plain TCP, whichever its first such server says: they cannot be told apart. */
function plainChain(port: GatewayPort, accessLogFile: string, http: Http): Chain | undefined {
  const server = port.servers.find(({ protocol }) => ["HTTP", "HTTP2", "GRPC", "TCP"].includes(protocol));
  if (!server) return undefined;
  if (server.protocol !== "TCP") return { name: "http", filters: [http(gatewayRouteName(port.targetPort))] };
  return { name: "tcp", filters: [tcp(port.tcpRoutes, accessLogFile)] };
}

function endsTls(server: GatewayServer): server is GatewayServer & { tls: GatewayTls } {
  return server.tls !== undefined && server.tls.mode !== "Passthrough" && server.tls.mode !== "AutoPassthrough";
}

function secured(server: GatewayServer, tls: GatewayTls, alpn: readonly string[], filter: Filter): Chain {
  const serverNames = names(server.hosts);
  return {
    name: `${server.origin.namespace}/${server.origin.name}/${server.name}`,
    filterChainMatch: { transportProtocol: "tls", serverNames },
    filters: [filter],
    transportSocket: create(TransportSocketSchema, {
      name: "envoy.transport_sockets.tls",
      configType: { case: "typedConfig", value: downstreamTls(tls, alpn) },
    }),
  };
}

function passthrough(route: TcpRoute, accessLogFile: string): Chain[] {
  const filter = tcpForward(route.destinations, accessLogFile);
  if (!filter) return [];
  const serverNames = names(route.sniHosts);
  return [
    {
      name: `passthrough/${serverNames.join(",")}`,
      filterChainMatch: { transportProtocol: "tls", serverNames },
      filters: [filter],
    },
  ];
}

function tcp(routes: readonly TcpRoute[], accessLogFile: string) {
  const [route] = routes;
  const filter = route && tcpForward(route.destinations, accessLogFile);
  return filter ?? tcpProxy(BLACK_HOLE_CLUSTER, accessLogFile);
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
    return [{ ...chain, filterChainMatch: { transportProtocol: "tls", serverNames: left } }];
  });
}
