import { type VirtualHost, VirtualHostSchema } from "#envoy/config/route/v3/route_components_pb.js";
import type { Reader } from "../../engine/derived.ts";
import type { RouteTable } from "../../mesh/lookups.ts";
import type { Destination, HttpRoute, LoadBalancer, ObjectRef } from "../../mesh/model.ts";
import { encode } from "../encode.ts";
import { outboundClusterName } from "../names.ts";
import type { Resource } from "../resource.ts";
import { httpRoutes, mirrorClusters } from "../routes.ts";
import { blockedVirtualHost, passthroughVirtualHost, placeholderVirtualHost, virtualHost } from "../virtual-hosts.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";

/** A virtual host, and the clusters that must be there with it. */
export interface VirtualHostRow {
  resource: Resource;
  clusters: readonly string[];
}

/** Stands in each route configuration, so that a listener need not wait for the first real virtual host. */
export const PLACEHOLDER = "placeholder";

/**
 * What a proxy gets under a virtual host's name, `ROUTECONFIG/host` as it asks for it. For a sidecar every name has an
 * answer: a host that the mesh does not know is passed through or blocked, as the mesh's policy says.
 */
export function virtualHostRow(read: Reader, mesh: MeshRows, scope: Scope, name: string): VirtualHostRow | undefined {
  const slash = name.indexOf("/");
  const host = name.slice(slash + 1);
  if (host === PLACEHOLDER) return plain(placeholderVirtualHost(name));
  if (scope.type === "Sidecar") {
    return sidecarVirtualHost(read, mesh, scope, name, Number(name.slice(0, slash)), host);
  }
  const found = gatewayVirtualHost(read, mesh, scope, name, host);
  return found && row(found.host, found.routes);
}

function sidecarVirtualHost(
  read: Reader,
  mesh: MeshRows,
  scope: Scope & { type: "Sidecar" },
  name: string,
  port: number,
  asked: string,
): VirtualHostRow {
  const table = mesh.routeTable(read, scope.client, asked, port);
  const domains = scope.delivery === "Lazy" ? [asked] : eagerDomains(table, asked);
  if (!table) {
    const blocked = mesh.outboundTrafficPolicy(read, scope.client) === "REGISTRY_ONLY";
    return plain(blocked ? blockedVirtualHost({ name, domains }) : passthroughVirtualHost({ name, domains }));
  }
  const routes = httpRoutes(table.routes, {
    port,
    tls: false,
    defaultRetries: mesh.settings(read).defaultHttpRetries,
    loadBalancerOf: (destination) => balancerOf(read, mesh, scope, destination),
  });
  return row(virtualHost({ name, domains, routes }), table.routes);
}

/**
 * Pushed, a virtual host has all names of its host. Other names of it were asked for before the proxy turned from lazy:
 * what stands under them must give the domains back in the same response, since Envoy refuses a table with one twice.
 */
function eagerDomains(table: RouteTable | undefined, asked: string): readonly string[] {
  if (!table) return [asked];
  const pushed = table.service?.host ?? table.domainsHint[0];
  return asked === pushed ? table.domainsHint : [`${asked}.lateen.invalid`];
}

/** The virtual host of one domain of a gateway's port; undefined when no route claims it. */
export function gatewayVirtualHost(
  read: Reader,
  mesh: MeshRows,
  scope: Scope & { type: "Gateway" },
  name: string,
  domain: string,
): { host: VirtualHost; routes: readonly HttpRoute[]; origins: ObjectRef[] } | undefined {
  const found = mesh.gatewayDomain(read, scope.workload, name.slice(0, name.indexOf("/")), domain);
  if (!found) return undefined;
  const { routes, port, tls, httpsRedirect } = found;
  const context = {
    port,
    tls,
    defaultRetries: mesh.settings(read).defaultHttpRetries,
    loadBalancerOf: (destination: Destination) => balancerOf(read, mesh, scope, destination),
  };
  const host = virtualHost({ name, domains: [domain], routes: httpRoutes(routes, context), httpsRedirect });
  return { host, routes, origins: originsOf(routes) };
}

function balancerOf(read: Reader, mesh: MeshRows, scope: Scope, to: Destination): LoadBalancer | undefined {
  return mesh.cluster(read, scope.client, to)?.policy.loadBalancer;
}

function plain(host: VirtualHost): VirtualHostRow {
  return { resource: encode(VirtualHostSchema, host, { name: host.name, origins: [] }), clusters: [] };
}

function row(host: VirtualHost, routes: readonly HttpRoute[]): VirtualHostRow {
  return {
    resource: encode(VirtualHostSchema, host, { name: host.name, origins: originsOf(routes) }),
    clusters: clustersOf(routes),
  };
}

function originsOf(routes: readonly HttpRoute[]): ObjectRef[] {
  const origins = new Map<string, ObjectRef>();
  for (const { origin } of routes) origins.set(`${origin.kind}/${origin.namespace}/${origin.name}`, origin);
  return [...origins.values()];
}

/** The clusters that routes send to. */
export function clustersOf(routes: readonly HttpRoute[]): string[] {
  const clusters = new Set(mirrorClusters(routes));
  for (const { action } of routes) {
    if (action.type !== "Forward") continue;
    for (const destination of action.destinations) clusters.add(outboundClusterName(destination));
  }
  return [...clusters];
}
