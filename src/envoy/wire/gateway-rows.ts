import type { Reader } from "../../engine/derived.ts";
import { type Gateways, gatewayHost, gatewayServers, tableOf } from "../../mesh/gateways.ts";
import type { HeldCredential } from "../../mesh/held-credential.ts";
import { covers } from "../../mesh/hosts.ts";
import type { HttpRoute } from "../../mesh/model.ts";

/** What one domain of a gateway's port serves. */
export interface GatewayDomain {
  routes: readonly HttpRoute[];
  /** As clients see it. */
  port: number;
  /** Whether they speak TLS to it. */
  tls: boolean;
  httpsRedirect: boolean;
}

/** Undefined when nothing serves the domain in the table. */
export function gatewayDomain(
  gateways: Gateways,
  read: Reader,
  workload: string,
  table: string,
  domain: string,
): GatewayDomain | undefined {
  const host = gatewayHost(gateways, read, workload, table, domain);
  if (!host) return undefined;
  const servers = gatewayServers(gateways, read, workload).filter((server) => tableOf(server) === table);
  return {
    routes: host.routes,
    port: servers[0]?.port ?? 0,
    tls: servers.some(({ tls }) => tls !== undefined),
    httpsRedirect: servers.some((server) => server.httpsRedirect && server.hosts.some((each) => covers(each, domain))),
  };
}

/** Undefined when no server of the gateway names it. */
export function gatewayCredential(
  gateways: Gateways,
  read: Reader,
  workload: string,
  resource: string,
): HeldCredential | undefined {
  for (const { tls } of gatewayServers(gateways, read, workload)) {
    for (const credential of [...(tls?.certificates ?? []), tls?.clientRoots]) {
      if (typeof credential === "object" && "resource" in credential && credential.resource === resource) {
        return credential;
      }
    }
  }
  return undefined;
}
