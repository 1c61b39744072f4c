/**
 * Requests on a connection whose handshake asked for another listener's host, as browsers send them that reuse
 * connections: status 421 makes them open a new one. So what a listener demands of its clients' certificates holds for
 * its hosts, whatever connection a request comes on.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { GatewayServer } from "../gateway-model.ts";
import { type GatewayHostContribution, tableOf } from "../gateways.ts";
import { covers } from "../hosts.ts";
import type { HttpRoute } from "../model.ts";
import type { GatewayRow } from "./gateways.ts";
import { serverOf } from "./servers.ts";

export function wireMisdirected(graph: Graph, gateways: Collection<GatewayRow>): Collection<GatewayHostContribution> {
  return graph.deriveMany<GatewayRow, GatewayHostContribution>("hosts of other listeners", gateways, (key, gateway) => {
    const servers = gateway.listeners.flatMap((listener) => serverOf(listener) ?? []);
    const secured = servers.filter(({ protocol }) => protocol === "HTTPS");
    return secured.flatMap((server) =>
      domainsOf(server, secured).flatMap(({ domain, routes }) =>
        gateway.workloads.map((workload): [string, GatewayHostContribution] => {
          const { targetPort } = server;
          const base = { gateway: workload, targetPort, bind: "", createdAt: gateway.createdAt };
          const table = tableOf(server);
          return [`${workload}|${key}|${table}|${domain}`, { ...base, table, domain, routes }];
        }),
      ),
    );
  });
}

interface Domain {
  domain: string;
  routes: readonly HttpRoute[];
}

function domainsOf(server: GatewayServer, all: readonly GatewayServer[]): Domain[] {
  const own = hostOf(server);
  const others = all.filter((other) => other !== server && other.port === server.port && hostOf(other) !== own);
  if (others.length === 0) return [];
  const refused = (domain: string): Domain => ({ domain, routes: [refusal(server)] });
  const narrower = others.map(hostOf).filter((host) => covers(own, host));
  // the listener's own host has an entry even without routes, so that unrouted requests get 404 there
  const outside = own === "*" ? [] : [refused("*"), { domain: own, routes: [] }];
  return [...outside, ...narrower.map(refused)];
}

function hostOf({ hosts }: GatewayServer): string {
  return hosts[0] ?? "*";
}

function refusal({ origin }: GatewayServer): HttpRoute {
  return {
    name: "misdirected",
    origin,
    matches: [],
    action: { type: "DirectResponse", response: { status: 421 } },
    mirrors: [],
  };
}
