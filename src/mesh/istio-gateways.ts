/** What Istio's Gateways and the VirtualServices bound to them contribute to gateway workloads. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { Gateway, ServerSpec } from "../kinds/istio/gateway-schema.ts";
import { createdAt } from "./age.ts";
import type { Credentials } from "./credentials.ts";
import type { GatewayServer } from "./gateway-model.ts";
import { gatewayTls, serverProtocol, type TlsContext } from "./gateway-servers.ts";
import { type GatewayWorkload, type GatewayWorkloads, gatewayTargetPort } from "./gateway-workloads.ts";
import {
  type GatewayContributions,
  type GatewayHostContribution,
  type GatewayServerContribution,
  type GatewayTcpContribution,
  readsHttp,
  tableOf,
} from "./gateways.ts";
import { intersectHosts, isExportedTo } from "./hosts.ts";
import { httpRoutesOf, type Viewpoint } from "./http-routes.ts";
import type { MeshInputs } from "./inputs.ts";
import { labelTexts, selects } from "./labels.ts";
import { defaultPortOf } from "./lookups.ts";
import type { TcpRoute } from "./model.ts";
import { parseScope } from "./selectors.ts";
import type { Services } from "./services.ts";
import { gatewayTcpRoutes } from "./tcp-routes.ts";
import type { VirtualServiceRow, VirtualServices } from "./virtual-services.ts";

interface Parts {
  credentials: Credentials;
  services: Services;
  virtualServices: VirtualServices;
  gatewayWorkloads: GatewayWorkloads;
}

type ServerIndex = Index<GatewayServerContribution>;

export interface IstioGateways extends GatewayContributions {
  /** Servers by `namespace/name` of the Gateway. */
  byGateway: ServerIndex;
}

export function wireIstioGateways(graph: Graph, inputs: Pick<MeshInputs, "gateways">, parts: Parts): IstioGateways {
  const servers = wireServers(graph, inputs, parts);
  const byGateway = graph.index(servers, "Gateway", ({ server }) => [gatewayKey(server)]);
  return {
    servers,
    byGateway,
    hosts: [wireHosts(graph, parts, byGateway)],
    tcpRoutes: [wireTcpRoutes(graph, parts, byGateway)],
  };
}

const ANY = "*";

function wireServers(
  graph: Graph,
  inputs: Pick<MeshInputs, "gateways">,
  { gatewayWorkloads, credentials }: Parts,
): Collection<GatewayServerContribution> {
  const bySelector = graph.index(inputs.gateways, "first of the selector", ({ spec }) => [
    labelTexts(spec?.selector ?? {})[0] ?? ANY,
  ]);
  return graph.deriveMany<GatewayWorkload, GatewayServerContribution>(
    "servers of Istio gateways",
    gatewayWorkloads.rows,
    (key, workload, read) => {
      const found = new Map<string, Gateway>();
      for (const labels of workload.labelSets) {
        for (const bucket of [...labelTexts(labels), ANY]) {
          for (const [name, gateway] of read.bucket(bySelector, bucket)) {
            if (selects(gateway.spec?.selector ?? {}, labels)) found.set(name, gateway);
          }
        }
      }
      const tls: TlsContext = {
        namespace: workload.namespace,
        hasSecret: (secret) => read.get(credentials.secrets, secret) !== undefined,
      };
      return [...found].flatMap(([name, gateway]) =>
        (gateway.spec?.servers ?? []).map((spec, i) => {
          const targetPort = gatewayTargetPort(gatewayWorkloads, read, workload, spec.port.number);
          const server = gatewayServer(gateway, spec, targetPort, tls);
          const row = { gateway: key, targetPort, bind: server.bind, createdAt: createdAt(gateway.metadata), server };
          return [`${key}|${name}|${i}`, row] as const;
        }),
      );
    },
  );
}

function gatewayServer(gateway: Gateway, spec: ServerSpec, targetPort: number, context: TlsContext): GatewayServer {
  const { name, namespace = "" } = gateway.metadata;
  const protocol = serverProtocol(spec);
  const tls = gatewayTls(spec, protocol, context);
  return {
    origin: { kind: "networking.istio.io/Gateway", namespace, name },
    name: spec.name || spec.port.name,
    port: spec.port.number,
    targetPort,
    protocol,
    bind: spec.bind ?? "",
    hosts: spec.hosts.map((host) => host.toLowerCase().replace(/^\.\//, `${namespace}/`)),
    ...(tls && { tls }),
    httpsRedirect: spec.tls?.httpsRedirect ?? false,
  };
}

function wireHosts(graph: Graph, parts: Parts, servers: ServerIndex): Collection<GatewayHostContribution> {
  return graph.deriveMany<VirtualServiceRow, GatewayHostContribution>(
    "hosts of Istio gateways",
    parts.virtualServices.rows,
    (key, row, read) => {
      const rows: [string, GatewayHostContribution][] = [];
      for (const [serverKey, contribution] of serversOf(row, servers, read)) {
        const view = viewpoint(parts, read, contribution);
        if (!view || !isVisible(row, view) || !readsHttp(contribution.server)) continue;
        const routes = httpRoutesOf(row, view);
        if (routes.length === 0) continue;
        for (const domain of domainsOf(row, contribution.server)) {
          const { gateway, targetPort, bind } = contribution;
          const table = tableOf(contribution.server);
          const host = { gateway, targetPort, bind, table, createdAt: row.createdAt, domain, routes };
          rows.push([`${serverKey}|${key}|${domain}`, host]);
        }
      }
      return rows;
    },
  );
}

function wireTcpRoutes(graph: Graph, parts: Parts, servers: ServerIndex): Collection<GatewayTcpContribution> {
  return graph.deriveMany<VirtualServiceRow, GatewayTcpContribution>(
    "TCP routes of Istio gateways",
    parts.virtualServices.rows,
    (key, row, read) => {
      const rows: [string, GatewayTcpContribution][] = [];
      for (const [serverKey, contribution] of serversOf(row, servers, read)) {
        const view = viewpoint(parts, read, contribution);
        if (!view || !isVisible(row, view) || readsHttp(contribution.server)) continue;
        const domains = domainsOf(row, contribution.server);
        const routes: readonly TcpRoute[] = domains.length > 0 ? gatewayTcpRoutes(row, view, contribution.server) : [];
        if (routes.length === 0) continue;
        const { gateway, targetPort, bind, server } = contribution;
        const table = tableOf(server);
        rows.push([`${serverKey}|${key}`, { gateway, targetPort, bind, table, createdAt: row.createdAt, routes }]);
      }
      return rows;
    },
  );
}

function serversOf(row: VirtualServiceRow, servers: ServerIndex, read: Reader): [string, GatewayServerContribution][] {
  return row.gateways.flatMap((name) => [...read.bucket(servers, name)]);
}

function viewpoint(parts: Parts, read: Reader, { gateway, server }: GatewayServerContribution): Viewpoint | undefined {
  const scope = read.get(parts.gatewayWorkloads.rows, gateway)?.scope;
  if (scope === undefined) return undefined;
  const client = parseScope(scope);
  return {
    client,
    port: server.port,
    gateway: gatewayKey(server),
    defaultPort: defaultPortOf(parts, read, client.namespace, server.port),
  };
}

function isVisible(row: VirtualServiceRow, { client }: Viewpoint): boolean {
  return isExportedTo(row.exportTo, row.origin.namespace, client.namespace);
}

function gatewayKey({ origin }: GatewayServer): string {
  return `${origin.namespace}/${origin.name}`;
}

/** Hosts of both the VirtualService and the server, where that allows the VirtualService's namespace. */
function domainsOf(row: VirtualServiceRow, server: GatewayServer): string[] {
  const domains = new Set<string>();
  for (const host of server.hosts) {
    const { namespace, domain } = splitHost(host);
    if (namespace !== ANY && namespace !== row.origin.namespace) continue;
    for (const own of row.hosts) {
      const common = intersectHosts(domain, own);
      if (common !== undefined) domains.add(common);
    }
  }
  return [...domains];
}

function splitHost(host: string): { namespace: string; domain: string } {
  const slash = host.indexOf("/");
  return slash < 0
    ? { namespace: ANY, domain: host }
    : { namespace: host.slice(0, slash), domain: host.slice(slash + 1) };
}
