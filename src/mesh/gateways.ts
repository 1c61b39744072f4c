/**
 * What the gateways serve. Each API (Istio's Gateway and VirtualService here, the Gateway API in gateway-api/) contributes
 * servers, hosts and TCP routes to gateway workloads; this file's types are all that the two have in common.
 *
 * A gateway workload is named `namespace/name` after what owns its pods, mostly a Deployment:
 * `istio-system/istio-ingressgateway`, `default/bookinfo-gateway-istio`. Its replicas share all rows.
 */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import { equal } from "../engine/equal.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { GatewayHost, GatewayPort, GatewayServer, GatewayTls } from "./gateway-model.ts";
import { bySpecificity } from "./hosts.ts";
import type { HttpRoute, TcpRoute } from "./model.ts";

interface Contribution {
  /** The gateway workload, `namespace/name`. */
  gateway: string;
  /** Where Envoy listens, with `bind`: contributions with equal ones meet on one listener. */
  targetPort: number;
  /** The address to listen on, "" for all. */
  bind: string;
  /** Unix milliseconds of the object: of two that want the same, the older one goes first. */
  createdAt: number;
}

/** A server as one object wants it. */
export interface GatewayServerContribution extends Contribution {
  server: GatewayServer;
}

/**
 * HTTP routes for one domain, in the order in which they match. Contributions to the same domain are put one after the
 * other, the older first; an API with an order of its own across objects contributes one row per domain.
 */
export interface GatewayHostContribution extends Contribution {
  /** `tableOf` its server. */
  table: string;
  /** As Envoy matches it: `*`, `*.example.com`, `example.com`. */
  domain: string;
  routes: readonly HttpRoute[];
}

/** TCP routes, of TLS that is passed through or ended, or of plain connections. */
export interface GatewayTcpContribution extends Contribution {
  /** `tableOf` its server. */
  table: string;
  routes: readonly TcpRoute[];
}

/** What one API contributes. Keys of the rows are its own affair; names of the collections must be unique. */
export interface GatewayContributions {
  servers: Collection<GatewayServerContribution>;
  hosts: readonly Collection<GatewayHostContribution>[];
  tcpRoutes: readonly Collection<GatewayTcpContribution>[];
}

export interface Gateways {
  servers: readonly Index<GatewayServerContribution>[];
  hosts: readonly Index<GatewayHostContribution>[];
  hostsByDomain: readonly Index<GatewayHostContribution>[];
  tcpRoutes: readonly Index<GatewayTcpContribution>[];
}

/** Indexes what all APIs contribute, by gateway; read with `gatewayPorts` and `gatewayHost`. */
export function wireGateways(graph: Graph, all: readonly GatewayContributions[]): Gateways {
  const byGateway = <T extends Contribution>(rows: Collection<T>): Index<T> =>
    graph.index(rows, "gateway workload", ({ gateway }) => [gateway]);
  return {
    servers: all.map(({ servers }) => byGateway(servers)),
    hosts: all.flatMap(({ hosts }) => hosts.map(byGateway)),
    hostsByDomain: all.flatMap(({ hosts }) =>
      hosts.map((rows) => graph.index(rows, "domain", (row) => [domainBucket(row.gateway, row.table, row.domain)])),
    ),
    tcpRoutes: all.flatMap(({ tcpRoutes }) => tcpRoutes.map(byGateway)),
  };
}

function domainBucket(gateway: string, table: string, domain: string): string {
  return `${gateway}|${table}|${domain}`;
}

/**
 * Where the hosts of a server stand. Servers of plain HTTP on one port share a table, `http.8080`: requests tell them
 * apart. One that ends TLS, or routes connections, has its own, `https.443.NAME.GATEWAY.NAMESPACE`: the handshake has
 * told it apart before the first request. The names are those of Istio's route configurations.
 */
export function tableOf({ port, targetPort, protocol, name, origin, tls }: GatewayServer): string {
  if (servesHttp(protocol) && !endsTls({ tls })) return `http.${targetPort}`;
  return `${protocol.toLowerCase()}.${port}.${name}.${origin.name}.${origin.namespace}`;
}

/** Whether the gateway itself shows a certificate. */
export function endsTls({ tls }: { tls?: GatewayTls | undefined }): boolean {
  return tls !== undefined && tls.mode !== "Passthrough" && tls.mode !== "AutoPassthrough";
}

/** Whether the gateway itself reads requests. */
export function readsHttp({ protocol, tls }: Pick<GatewayServer, "protocol" | "tls">): boolean {
  return servesHttp(protocol) || (protocol === "HTTPS" && endsTls({ tls }));
}

function servesHttp(protocol: GatewayServer["protocol"]): boolean {
  return protocol === "HTTP" || protocol === "HTTP2" || protocol === "GRPC";
}

/** All that a gateway workload serves, by port. Servers that an older one excludes are left out. */
export function gatewayPorts(gateways: Gateways, read: Reader, gateway: string): GatewayPort[] {
  const hosts = groupBy(rowsOf(gateways.hosts, read, gateway), listener);
  const tcpRoutes = groupBy(rowsOf(gateways.tcpRoutes, read, gateway), listener);
  const servers = groupBy(rowsOf(gateways.servers, read, gateway), listener);
  return [...servers]
    .map(([key, rows]): GatewayPort => {
      const served = compatible(rows).map(({ server }) => server);
      const own = hosts.get(key) ?? [];
      return {
        targetPort: rows[0]?.targetPort ?? 0,
        bind: rows[0]?.bind ?? "",
        servers: served,
        hosts: [...groupBy(served, tableOf)].flatMap(([table, servers]) =>
          hostsOf(
            table,
            servers,
            own.filter((row) => row.table === table),
          ),
        ),
        tcpRoutes: byAgeOf(tcpRoutes.get(key) ?? []).flatMap(({ routes, table }) =>
          routes.map((route) => ({ ...route, table })),
        ),
      };
    })
    .sort((a, b) => a.targetPort - b.targetPort || (a.bind < b.bind ? -1 : 1));
}

function hostsOf(
  table: string,
  servers: readonly GatewayServer[],
  rows: readonly GatewayHostContribution[],
): GatewayHost[] {
  const byDomain = groupBy(rows, ({ domain }) => domain);
  return [...new Set([...byDomain.keys(), ...redirected(servers)])]
    .map((domain) => ({ table, domain, routes: mergedRoutes(byDomain.get(domain) ?? []) }))
    .sort((a, b) => bySpecificity(a.domain, b.domain));
}

/** One host of a table, without the others; undefined where nothing routes or redirects it. */
export function gatewayHost(
  gateways: Gateways,
  read: Reader,
  gateway: string,
  table: string,
  domain: string,
): GatewayHost | undefined {
  const rows = rowsOf(gateways.hostsByDomain, read, domainBucket(gateway, table, domain));
  if (rows.length > 0) return { table, domain, routes: mergedRoutes(rows) };
  const servers = gatewayServers(gateways, read, gateway).filter((server) => tableOf(server) === table);
  return redirected(servers).includes(domain) ? { table, domain, routes: [] } : undefined;
}

/** The servers of a gateway, without its hosts and routes. */
export function gatewayServers(gateways: Gateways, read: Reader, gateway: string): GatewayServer[] {
  const rows = rowsOf(gateways.servers, read, gateway);
  return [...groupBy(rows, listener).values()].flatMap((same) => compatible(same).map(({ server }) => server));
}

/** A server that redirects needs its hosts, even where no route is for them. */
function redirected(servers: readonly GatewayServer[]): string[] {
  return servers.flatMap(({ httpsRedirect, hosts }) => (httpsRedirect ? hosts : []));
}

function rowsOf<T>(indexes: readonly Index<T>[], read: Reader, bucket: string): T[] {
  return indexes.flatMap((index) => [...read.bucket(index, bucket).values()]);
}

function listener({ targetPort, bind }: Contribution): string {
  return `${targetPort}|${bind}`;
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** Rows of one age keep the order of their keys, in which indexes give them. */
function byAgeOf<T extends Contribution>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => a.createdAt - b.createdAt);
}

/** One after the other, the older first; what matches everything goes last, or it would hide what comes after. */
function mergedRoutes(rows: readonly GatewayHostContribution[]): HttpRoute[] {
  const different: GatewayHostContribution[] = [];
  for (const row of byAgeOf(rows)) {
    // The same VirtualService by two servers of one port.
    if (!different.some(({ routes }) => equal(routes, row.routes))) different.push(row);
  }
  const routes = different.flatMap((row) => row.routes);
  if (different.length <= 1) return routes;
  const isCatchAll = ({ matches }: HttpRoute): boolean => matches.length === 0;
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}

/**
 * One listener speaks plain HTTP, or plain TCP (for one server), or TLS told apart by server name: the oldest server
 * decides, those of another sort are left out, and of TLS servers the hosts that an older one has.
 */
function compatible(rows: readonly GatewayServerContribution[]): GatewayServerContribution[] {
  const sorted = byAgeOf(rows).map((row) => ({ ...row, server: withPlainHosts(row.server) }));
  const sort = sorted[0] && sortOf(sorted[0].server);
  const alike = sorted.filter(({ server }) => sortOf(server) === sort);
  if (sort === "TCP") return alike.slice(0, 1);
  if (sort === "HTTP") return alike;
  const taken = new Set<string>();
  return alike.flatMap((row) => {
    const hosts = row.server.hosts.filter((host) => !taken.has(host));
    for (const host of hosts) taken.add(host);
    return hosts.length === 0 ? [] : [{ ...row, server: { ...row.server, hosts } }];
  });
}

function sortOf({ protocol, tls }: GatewayServer): "HTTP" | "TCP" | "TLS" {
  if (tls || protocol === "HTTPS" || protocol === "TLS") return "TLS";
  return protocol === "TCP" ? "TCP" : "HTTP";
}

/** Whose VirtualServices a host is open to has had its say. */
function withPlainHosts(server: GatewayServer): GatewayServer {
  return { ...server, hosts: [...new Set(server.hosts.map((host) => host.slice(host.indexOf("/") + 1)))] };
}
