import type { Reader } from "../../engine/derived.ts";
import { type Gateways, gatewayHost, gatewayPorts, gatewayServers } from "../../mesh/gateways.ts";
import { covers } from "../../mesh/hosts.ts";
import type { GatewayPort, GatewayServer, HttpRoute } from "../../mesh/model.ts";

/** What one domain of a gateway's port serves. */
export interface GatewayDomain {
  routes: readonly HttpRoute[];
  /** As clients see it. */
  port: number;
  httpsRedirect: boolean;
}

/**
 * The ports of a gateway (`namespace/workload`) that can be served. Ending TLS takes certificates from Secrets, which
 * proxies do not get yet: servers that ask for it are left out.
 */
export function servedPorts(gateways: Gateways, read: Reader, workload: string): GatewayPort[] {
  return gatewayPorts(gateways, read, workload)
    .map((port) => ({ ...port, servers: port.servers.filter((server) => !endsTls(server)) }))
    .filter(({ servers }) => servers.length > 0);
}

/** Undefined when nothing serves the domain on the port. */
export function gatewayDomain(
  gateways: Gateways,
  read: Reader,
  workload: string,
  targetPort: number,
  domain: string,
): GatewayDomain | undefined {
  const host = gatewayHost(gateways, read, workload, targetPort, domain);
  if (!host) return undefined;
  const servers = gatewayServers(gateways, read, workload, targetPort);
  return {
    routes: host.routes,
    port: servers[0]?.port ?? targetPort,
    httpsRedirect: servers.some((server) => server.httpsRedirect && server.hosts.some((each) => covers(each, domain))),
  };
}

function endsTls({ tls }: GatewayServer): boolean {
  return tls !== undefined && tls.mode !== "Passthrough" && tls.mode !== "AutoPassthrough";
}
