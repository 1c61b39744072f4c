import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import type {
  GatewayContributions,
  GatewayHostContribution,
  GatewayServerContribution,
  GatewayTcpContribution,
} from "../../mesh/gateways.ts";
import { covers } from "../../mesh/hosts.ts";
import type { GatewayPort, GatewayServer, HttpRoute } from "../../mesh/model.ts";

/** What one domain of a gateway's port serves. */
export interface GatewayDomain {
  routes: readonly HttpRoute[];
  /** As clients see it. */
  port: number;
  httpsRedirect: boolean;
}

interface Indexes {
  /** Bucket: the gateway workload. */
  servers: Index<GatewayServerContribution>;
  /** Bucket `WORKLOAD|PORT`. */
  hosts: Index<GatewayHostContribution>;
  /** Bucket `WORKLOAD|PORT|DOMAIN`. */
  hostsByDomain: Index<GatewayHostContribution>;
  tcpRoutes: Index<GatewayTcpContribution>;
}

/** What gateway workloads (`namespace/name`) serve, put together from what each API contributes. */
export class GatewayRows {
  readonly #apis: readonly Indexes[];

  constructor(graph: Graph, apis: readonly GatewayContributions[]) {
    this.#apis = apis.map(({ servers, hosts, tcpRoutes }) => ({
      servers: graph.index(servers, "gateway", ({ gateway }) => [gateway]),
      hosts: graph.index(hosts, "gateway port", ({ gateway, targetPort }) => [`${gateway}|${targetPort}`]),
      hostsByDomain: graph.index(hosts, "gateway domain", ({ gateway, targetPort, domain }) => [
        `${gateway}|${targetPort}|${domain}`,
      ]),
      tcpRoutes: graph.index(tcpRoutes, "gateway port", ({ gateway, targetPort }) => [`${gateway}|${targetPort}`]),
    }));
  }

  /**
   * The ports of a gateway that can be served, ascending. Ending TLS takes certificates from Secrets, which proxies do
   * not get yet: servers that ask for it are left out.
   */
  ports(read: Reader, workload: string): GatewayPort[] {
    const ports = new Map<string, GatewayServerContribution[]>();
    for (const row of this.#servers(read, workload)) {
      if (endsTls(row.server)) continue;
      const key = `${row.targetPort}|${row.bind}`;
      ports.set(key, [...(ports.get(key) ?? []), row]);
    }
    return [...ports.values()]
      .flatMap((rows) => {
        const [first] = rows;
        if (!first) return [];
        const { targetPort, bind } = first;
        return [
          { targetPort, bind, servers: rows.map(({ server }) => server), ...this.#routes(read, workload, targetPort) },
        ];
      })
      .sort((a, b) => a.targetPort - b.targetPort || (a.bind < b.bind ? -1 : 1));
  }

  /** Undefined when no route claims the domain on the port. */
  domain(read: Reader, workload: string, targetPort: number, domain: string): GatewayDomain | undefined {
    const rows = this.#apis
      .flatMap(({ hostsByDomain }) => [...read.bucket(hostsByDomain, `${workload}|${targetPort}|${domain}`).values()])
      .sort((a, b) => a.createdAt - b.createdAt);
    const servers = this.#servers(read, workload).filter((row) => row.targetPort === targetPort);
    const redirects = servers.some(
      ({ server }) => server.httpsRedirect && server.hosts.some((host) => covers(host, domain)),
    );
    if (rows.length === 0 && !(redirects && domain === "*")) return undefined;
    return {
      routes: rows.flatMap(({ routes }) => routes),
      port: servers[0]?.server.port ?? targetPort,
      httpsRedirect: redirects,
    };
  }

  #servers(read: Reader, workload: string): GatewayServerContribution[] {
    return this.#apis
      .flatMap(({ servers }) => [...read.bucket(servers, workload).values()])
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  #routes(read: Reader, workload: string, targetPort: number): Pick<GatewayPort, "hosts" | "tcpRoutes"> {
    const bucket = `${workload}|${targetPort}`;
    const hosts = this.#apis.flatMap((api) => [...read.bucket(api.hosts, bucket).values()]);
    const tcp = this.#apis.flatMap((api) => [...read.bucket(api.tcpRoutes, bucket).values()]);
    const domains = new Map<string, HttpRoute[]>();
    for (const { domain, routes } of hosts) domains.set(domain, [...(domains.get(domain) ?? []), ...routes]);
    return {
      hosts: [...domains].map(([domain, routes]) => ({ domain, routes })),
      tcpRoutes: tcp.sort((a, b) => a.createdAt - b.createdAt).flatMap(({ routes }) => routes),
    };
  }
}

function endsTls({ tls }: GatewayServer): boolean {
  return tls !== undefined && tls.mode !== "Passthrough" && tls.mode !== "AutoPassthrough";
}
