/** What a client of a scope is told, name by name: all of it found on demand, nothing computed for those who do not ask. */
import type { Reader } from "../engine/derived.ts";
import { destinationPolicy } from "./destination-rules.ts";
import { endpointsOf as endpointsOfGroup } from "./endpoints.ts";
import { hostAndWildcards, resolveHost } from "./hosts.ts";
import type { DefaultPort } from "./http-action.ts";
import { httpRoutesOf } from "./http-routes.ts";
import type { MeshCollections } from "./mesh.ts";
import type {
  DestinationPolicy,
  Endpoint,
  HttpRoute,
  Labels,
  MeshSettings,
  Service,
  ServicePort,
  TcpRoute,
  TrafficPolicy,
} from "./model.ts";
import { isHttp } from "./protocol.ts";
import { type Client, parseScope, type Scope } from "./selectors.ts";
import { aliasesOf, findService, findServiceByAlias } from "./services.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { imports, type SidecarRow } from "./sidecars.ts";
import { defaultTcpRoute, tcpRoutesOf } from "./tcp-routes.ts";
import { MESH_GATEWAY, visibleVirtualServices } from "./virtual-services.ts";

export interface RouteTable {
  /** Absent where only a VirtualService knows the host. */
  service?: Service;
  /** What clients of the scope may call the host, without ports. */
  domainsHint: readonly string[];
  routes: readonly HttpRoute[];
}

export interface ClusterSpec {
  service: Service;
  port: ServicePort;
  /** Of the DestinationRule for the client, narrowed to the subset and port. */
  policy: TrafficPolicy;
  /** Its rule is for certain workloads only. */
  selective: boolean;
  subsetLabels: Labels;
}

/**
 * The HTTP routes for a host as the client wrote it (`reviews`, `reviews.default`, an address, with or without a port).
 * Undefined where the mesh knows nothing of it on this port.
 */
export function routeTable(
  mesh: MeshCollections,
  read: Reader,
  scope: Scope,
  written: string,
  port: number,
): RouteTable | undefined {
  const client = parseScope(scope);
  const name = hostOf(written);
  const service = findServiceByAlias(mesh.services, read, client.namespace, name);
  const sidecar = sidecarOf(mesh, read, client);
  if (service && !imports(sidecar, client.namespace, service.namespace, service.host, port)) return undefined;
  const servicePort = service?.ports.find(({ number }) => number === port);
  if (service && !(servicePort && isHttp(servicePort.protocol))) return undefined;
  const host = service?.host ?? resolveHost(name, client.namespace, settingsOf(mesh, read).clusterDomain);
  const routes = virtualServiceRoutes(mesh, read, client, host, port);
  if (!service) return routes && { domainsHint: [name], routes };
  return {
    service,
    domainsHint: domains(service, client, name),
    routes: routes ?? [defaultRoute(service, port)],
  };
}

/** The cluster `outbound|PORT|SUBSET|HOST`. Undefined where there is no such service, port or subset. */
export function clusterSpec(
  mesh: MeshCollections,
  read: Reader,
  scope: Scope,
  port: number,
  subset: string,
  host: string,
): ClusterSpec | undefined {
  const client = parseScope(scope);
  const service = findService(mesh.services, read, client.namespace, host);
  const servicePort = service?.ports.find(({ number }) => number === port);
  if (!service || service.host !== host || !servicePort) return undefined;
  const rule = policyOf(mesh, read, client, service);
  const found = rule?.subsets.find(({ name }) => name === subset);
  if (subset !== "" && !found) return undefined;
  const level = found ?? rule;
  return {
    service,
    port: servicePort,
    policy: level?.ports[port] ?? level?.policy ?? {},
    selective: rule?.selective ?? false,
    subsetLabels: found?.labels ?? {},
  };
}

/** The subsets of a service that a client may ask for. */
export function subsetNames(mesh: MeshCollections, read: Reader, scope: Scope, service: Service): string[] {
  return policyOf(mesh, read, parseScope(scope), service)?.subsets.map(({ name }) => name) ?? [];
}

/** The endpoints of a cluster; undefined where there is no such host and port. */
export function endpointsOf(
  mesh: MeshCollections,
  read: Reader,
  host: string,
  port: number,
  subsetLabels: Labels,
): readonly Endpoint[] | undefined {
  return endpointsOfGroup(mesh.endpoints, read, host, port, subsetLabels);
}

/** The TCP and TLS routes for a service's port; without a VirtualService the one that goes to the service itself. */
export function tcpRoutes(
  mesh: MeshCollections,
  read: Reader,
  scope: Scope,
  host: string,
  port: number,
): readonly TcpRoute[] {
  const client = parseScope(scope);
  const view = viewpoint(mesh, read, client, port);
  const sidecar = sidecarOf(mesh, read, client);
  for (const name of hostAndWildcards(host)) {
    for (const row of visibleVirtualServices(read, mesh.virtualServices.byMeshHost, name, client.namespace)) {
      if (!imports(sidecar, client.namespace, row.origin.namespace, name, port)) continue;
      const routes = tcpRoutesOf(row, view);
      if (routes.length > 0) return routes;
    }
  }
  const service = findService(mesh.services, read, client.namespace, host);
  return service?.ports.some(({ number }) => number === port) ? [defaultTcpRoute(service, port)] : [];
}

/** What becomes of requests to hosts that the mesh does not know: as the client's Sidecar says, else as the mesh does. */
export function outboundTrafficPolicy(
  mesh: MeshCollections,
  read: Reader,
  scope: Scope,
): MeshSettings["outboundTrafficPolicy"] {
  const own = sidecarOf(mesh, read, parseScope(scope))?.outboundTrafficPolicy;
  return own ?? settingsOf(mesh, read).outboundTrafficPolicy;
}

function sidecarOf(mesh: MeshCollections, read: Reader, { sidecar }: Client): SidecarRow | undefined {
  return sidecar === undefined ? undefined : read.get(mesh.selectors.sidecars.rows, sidecar);
}

export function settingsOf(mesh: Pick<MeshCollections, "settings">, read: Reader): MeshSettings {
  return read.get(mesh.settings, "") ?? DEFAULT_SETTINGS;
}

/** The port of a destination that names none: a service's only one, else that of the request. */
export function defaultPortOf(
  mesh: Pick<MeshCollections, "services">,
  read: Reader,
  namespace: string,
  requested: number,
): DefaultPort {
  return (host) => {
    const ports = findService(mesh.services, read, namespace, host)?.ports ?? [];
    return (ports.length === 1 ? ports[0]?.number : undefined) ?? requested;
  };
}

function policyOf(
  mesh: MeshCollections,
  read: Reader,
  client: Client,
  service: Pick<Service, "host" | "namespace">,
): DestinationPolicy | undefined {
  return destinationPolicy(mesh.destinationRules, read, settingsOf(mesh, read), client, service);
}

function viewpoint(mesh: MeshCollections, read: Reader, client: Client, port: number) {
  return { client, port, gateway: MESH_GATEWAY, defaultPort: defaultPortOf(mesh, read, client.namespace, port) };
}

/** Of the VirtualServices for the closest host the oldest one that has a rule for this client. */
function virtualServiceRoutes(
  mesh: MeshCollections,
  read: Reader,
  client: Client,
  host: string,
  port: number,
): HttpRoute[] | undefined {
  const view = viewpoint(mesh, read, client, port);
  const sidecar = sidecarOf(mesh, read, client);
  for (const name of hostAndWildcards(host)) {
    for (const row of visibleVirtualServices(read, mesh.virtualServices.byMeshHost, name, client.namespace)) {
      if (!imports(sidecar, client.namespace, row.origin.namespace, name, port)) continue;
      const routes = httpRoutesOf(row, view);
      if (routes.length > 0) return routes;
    }
  }
  return undefined;
}

function defaultRoute(service: Service, port: number): HttpRoute {
  return {
    name: "default",
    origin: service.origin,
    matches: [],
    action: { type: "Forward", destinations: [{ host: service.host, port, subset: "", weight: 1 }] },
    mirrors: [],
  };
}

function domains(service: Service, client: Client, written: string): string[] {
  const short = service.origin.kind === "Service" && service.namespace === client.namespace;
  const names = [...(short ? [service.origin.name] : []), ...aliasesOf(service)];
  // What the client wrote may be under a wildcard, or a pod of a headless service.
  return [...new Set([...names, written])];
}

/** `reviews:9080` and `Reviews.` are `reviews`; `[::1]:80` is `::1`. */
function hostOf(written: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(written);
  if (bracketed) return bracketed[1] ?? "";
  const bare = written.indexOf(":") === written.lastIndexOf(":") ? written.replace(/:\d*$/, "") : written;
  return bare.toLowerCase().replace(/\.$/, "");
}
