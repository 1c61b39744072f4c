import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import { clientCredential } from "../../mesh/client-credentials.ts";
import { type BackendTls, backendTlsOf, clientCertificateOf, namedRoots } from "../../mesh/gateway-api/backend-tls.ts";
import { type MeshRoutes, meshRoutesKey } from "../../mesh/gateway-api/mesh-routes.ts";
import type { GatewayApi } from "../../mesh/gateway-api/wire.ts";
import type { GatewayPort } from "../../mesh/gateway-model.ts";
import { gatewayPorts } from "../../mesh/gateways.ts";
import type { HeldCredential } from "../../mesh/held-credential.ts";
import { isExportedTo } from "../../mesh/hosts.ts";
import type { InboundPort } from "../../mesh/inbound.ts";
import type { MeshInputs } from "../../mesh/inputs.ts";
import type { ConfigMapObject, PodObject, SecretObject } from "../../mesh/kubernetes.ts";
import {
  type ClusterSpec,
  clusterSpec,
  endpointsOf,
  outboundTrafficPolicy,
  type RouteTable,
  routeTable,
  settingsOf,
  subsetNames,
  tcpRoutes,
} from "../../mesh/lookups.ts";
import type { MeshCollections } from "../../mesh/mesh.ts";
import type {
  ClientTls,
  Endpoint,
  HttpRoute,
  Labels,
  MeshSettings,
  Service,
  TcpRoute,
  Workload,
} from "../../mesh/model.ts";
import { isHttp } from "../../mesh/protocol.ts";
import { PERMISSIVE, type PeerModes, type ServerMode } from "../../mesh/security/peer-modes.ts";
import { secureNames } from "../../mesh/security/secure-names.ts";
import { parseScope, scopeOf } from "../../mesh/selectors.ts";
import type { ServiceIndexes } from "../../mesh/services.ts";
import type { VirtualServiceRow } from "../../mesh/virtual-services.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import { type ClusterName, PROXY_PORTS, sidecarServerName } from "../names.ts";
import type { Peer } from "../resource-source.ts";
import { type GatewayDomain, gatewayCredential, gatewayDomain } from "./gateway-rows.ts";
import { policiesOf } from "./policies.ts";

/** On a pod: `Eager` or `Lazy`, whatever the mesh does. */
const DELIVERY_ANNOTATION = "lateen.dev/delivery";

/** What is true of all services of one source, as rows that few changes touch. */
interface Summary {
  /** Ports on which some service may speak HTTP. */
  httpPorts: Collection<true>;
  /** Ranges that hold the services' addresses. */
  ranges: Collection<true>;
  /** Services with TCP on a port. */
  byTcpPort: Index<Service>;
}

type GatewayApiRows = Pick<GatewayApi, "meshRoutes" | "backendTls">;

/** The mesh as the rows of Envoy resources read it: lookups for one client (a mesh scope), by name. */
export class MeshRows {
  readonly #mesh: MeshCollections;
  /** By kind of route. */
  readonly #backendTls: BackendTls;
  readonly #meshRoutes: readonly Collection<MeshRoutes>[];
  readonly #inputs: MeshInputs;
  readonly #summaries: readonly Summary[];
  /** Bucket "tcp": those with rules for TCP or TLS. */
  readonly #tcpRules: Index<VirtualServiceRow>;
  /** Hosts that some VirtualService has rules for, for clients in the mesh. */
  readonly #ruledHosts: Collection<true>;

  constructor(graph: Graph, inputs: MeshInputs, mesh: MeshCollections, gatewayApi: GatewayApiRows) {
    this.#meshRoutes = gatewayApi.meshRoutes;
    this.#backendTls = gatewayApi.backendTls;
    this.#mesh = mesh;
    this.#inputs = inputs;
    const { fromKubernetes, fromEntries } = mesh.services;
    this.#summaries = [fromKubernetes, fromEntries].map((indexes) => summary(graph, indexes));
    this.#tcpRules = graph.index(mesh.virtualServices.rows, "TCP", ({ tcp, tls }) =>
      tcp.length + tls.length > 0 ? ["tcp"] : [],
    );
    this.#ruledHosts = graph.derive("hosts with rules", mesh.virtualServices.byMeshHost, (): true => true);
  }

  settings(read: Reader): MeshSettings {
    return settingsOf(this.#mesh, read);
  }

  workload(read: Reader, pod: string): Workload | undefined {
    return read.get(this.#mesh.workloads.rows, pod);
  }

  pod(read: Reader, pod: string): PodObject | undefined {
    return read.get(this.#inputs.pods, pod);
  }

  /** Whether the proxy's pod is still the one whose token it showed, and not a later one of its name. */
  isSame(read: Reader, { namespace, pod, podUid }: Peer): boolean {
    return podUid === undefined || this.pod(read, `${namespace}/${pod}`)?.metadata.uid === podUid;
  }

  /** `namespace/reviews-v1` of a pod, read outside of a transform. */
  ownerOf(pod: string): string | undefined {
    const workload = this.#mesh.workloads.rows.get(pod);
    return workload && `${workload.namespace}/${workload.workload}`;
  }

  /** The mesh scope of a workload as a client. */
  scopeOf(read: Reader, workload: Workload): string {
    return scopeOf(this.#mesh.selectors, read, workload);
  }

  /** How a pod's sidecar is served: as its pod asks, else as the mesh does. */
  delivery(read: Reader, pod: string): "Lazy" | "Eager" {
    const asked = read.get(this.#inputs.pods, pod)?.metadata.annotations?.[DELIVERY_ANNOTATION];
    return asked === "Lazy" || asked === "Eager" ? asked : this.settings(read).delivery;
  }

  /** The routes for a host as the client wrote it; undefined when the mesh does not know it on this port. */
  routeTable(read: Reader, client: string, host: string, port: number): RouteTable | undefined {
    const table = routeTable(this.#mesh, read, client, host, port);
    if (!table?.service) return table;
    const of = (consumer: string): HttpRoute[] => {
      const key = meshRoutesKey({ host: table.service?.host ?? "", port, consumer });
      return this.#meshRoutes.flatMap((rows) => read.get(rows, key)?.routes ?? []);
    };
    // routes for the Service say all that there is to say; those of the client's own namespace come first
    const own = of(parseScope(client).namespace);
    const routes = own.length > 0 ? own : of("");
    return routes.length > 0 ? { ...table, routes } : table;
  }

  cluster(read: Reader, client: string, { host, port, subset }: ClusterName): ClusterSpec | undefined {
    return clusterSpec(this.#mesh, read, client, port, subset, host);
  }

  /** How a gateway speaks to a service: `Never` where nothing may be sent. */
  backendTls(read: Reader, workload: string, { service, port }: ClusterSpec): ClientTls | "Never" | undefined {
    return backendTlsOf(this.#backendTls, read, workload, service, port.name);
  }

  endpoints(read: Reader, host: string, port: number, labels: Labels): readonly Endpoint[] {
    return endpointsOf(this.#mesh, read, host, port, labels) ?? [];
  }

  /** What a pod enforces on those who call it. */
  podPolicies(read: Reader, pod: string): HttpPolicies {
    const workload = this.workload(read, pod);
    if (!workload) return {};
    return policiesOf(this.#mesh.security, read, { namespace: workload.namespace, labelSets: [workload.labels] });
  }

  /** What all replicas of a gateway enforce. */
  gatewayPolicies(read: Reader, workload: string): HttpPolicies {
    const gateway = read.get(this.#mesh.gatewayWorkloads.rows, workload);
    return gateway ? policiesOf(this.#mesh.security, read, gateway) : {};
  }

  /** Of which a server of the service's port must show one. */
  secureNames(read: Reader, service: Service, port: number): string[] {
    return secureNames(this.#mesh.secureNames, read, this.settings(read), service, port);
  }

  /** Which connections a pod's sidecar takes. */
  peerModes(read: Reader, pod: string): PeerModes<ServerMode> {
    return read.get(this.#mesh.peerAuthentications.ofServers, pod) ?? PERMISSIVE;
  }

  inbound(read: Reader, pod: string): readonly InboundPort[] {
    return read.get(this.#mesh.inbound, pod) ?? [];
  }

  /** The service that has an address of its own (a cluster IP), and this port. */
  serviceAt(read: Reader, client: string, address: string, port: number): Service | undefined {
    const { fromKubernetes, fromEntries } = this.#mesh.services;
    for (const { byAddressAndPort } of [fromKubernetes, fromEntries]) {
      for (const service of read.bucket(byAddressAndPort, `${address}:${port}`).values()) {
        if (isVisible(service, client)) return service;
      }
    }
    return undefined;
  }

  /** What clients of the scope get at hosts that the mesh does not know. */
  outboundTrafficPolicy(read: Reader, client: string): MeshSettings["outboundTrafficPolicy"] {
    return outboundTrafficPolicy(this.#mesh, read, client);
  }

  /** Ports on which some service may speak HTTP, ascending; but for those on which the proxy itself listens. */
  httpPorts(read: Reader): readonly number[] {
    return this.#all(read, "httpPorts")
      .map(Number)
      .filter((port) => !PROXY_PORTS.has(port))
      .sort((a, b) => a - b);
  }

  /** CIDR ranges that hold the addresses of all services, in order. */
  serviceRanges(read: Reader): readonly string[] {
    return this.#all(read, "ranges").sort();
  }

  /**
   * Services that need a listener for their address: those with TCP or TLS rules, and those with TCP on a port on
   * which others speak HTTP.
   */
  tcpAddresses(read: Reader, client: string): readonly { address: string; port: number }[] {
    const found = new Map<string, { address: string; port: number }>();
    const add = (service: Service | undefined, wanted: (port: number) => boolean): void => {
      if (!service || !isVisible(service, client)) return;
      for (const { number, protocol } of service.ports) {
        if (isHttp(protocol) || protocol === "UDP" || !wanted(number)) continue;
        for (const address of service.addresses) {
          if (!address.includes("/")) found.set(`${address}_${number}`, { address, port: number });
        }
      }
    };
    for (const { hosts } of read.bucket(this.#tcpRules, "tcp").values()) {
      for (const host of hosts) for (const service of this.#claims(read, host)) add(service, () => true);
    }
    for (const port of this.httpPorts(read)) {
      for (const { byTcpPort } of this.#summaries) {
        for (const service of read.bucket(byTcpPort, String(port)).values()) add(service, (number) => number === port);
      }
    }
    return [...found.values()];
  }

  tcpRoutes(read: Reader, client: string, host: string, port: number): readonly TcpRoute[] {
    return tcpRoutes(this.#mesh, read, client, host, port);
  }

  /**
   * What eager delivery pushes on a port: hosts of services with HTTP there that the client can see, and hosts that only
   * a VirtualService knows, whatever its rules are.
   */
  hostsOn(read: Reader, client: string, port: number): readonly string[] {
    const hosts = new Set<string>();
    for (const { byPort } of [this.#mesh.services.fromKubernetes, this.#mesh.services.fromEntries]) {
      for (const service of read.bucket(byPort, String(port)).values()) {
        const http = service.ports.some(({ number, protocol }) => number === port && isHttp(protocol));
        if (http && isVisible(service, client)) hosts.add(service.host);
      }
    }
    for (const host of read.all(this.#ruledHosts).keys()) {
      // `*` is the route configuration's own
      if (host !== "*" && this.#claims(read, host).length === 0) hosts.add(host);
    }
    return [...hosts].sort();
  }

  /** By which server names clients may mean services of the mesh, each port and subset. */
  serverNames(read: Reader, client: string): string[] {
    const { fromKubernetes, fromEntries } = this.#mesh.services;
    const services = [fromKubernetes, fromEntries].flatMap(({ rows }) => [...read.all(rows).values()]);
    const names = services.flatMap((service) => {
      const { host, ports, meshExternal } = service;
      // Envoy knows no names with a wildcard within
      if (meshExternal || host.startsWith("*") || !isVisible(service, client)) return [];
      const subsets = ["", ...subsetNames(this.#mesh, read, client, service)];
      const connected = ports.filter(({ protocol }) => protocol !== "UDP");
      return connected.flatMap(({ number: port }) =>
        subsets.map((subset) => sidecarServerName({ host, port, subset })),
      );
    });
    return [...new Set(names)];
  }

  gatewayPorts(read: Reader, workload: string): GatewayPort[] {
    return gatewayPorts(this.#mesh.gateways, read, workload);
  }

  gatewayDomain(read: Reader, workload: string, table: string, domain: string): GatewayDomain | undefined {
    return gatewayDomain(this.#mesh.gateways, read, workload, table, domain);
  }

  /** What a gateway may be given under a name: what it shows and trusts itself, as its clients' server or as a client. */
  gatewayCredential(read: Reader, workload: string, client: string, resource: string): HeldCredential | undefined {
    const shown = clientCertificateOf(this.#backendTls, read, workload);
    if (shown?.resource === resource) return shown;
    const { destinationRules, credentials } = this.#mesh;
    return (
      gatewayCredential(this.#mesh.gateways, read, workload, resource) ??
      namedRoots(this.#backendTls, read, resource) ??
      clientCredential(destinationRules, credentials, read, { type: "Gateway", ...parseScope(client) }, resource)
    );
  }

  /** What a sidecar may be given under a name. */
  sidecarCredential(read: Reader, client: string, resource: string): HeldCredential | undefined {
    const { destinationRules, credentials } = this.#mesh;
    return clientCredential(destinationRules, credentials, read, { type: "Sidecar", ...parseScope(client) }, resource);
  }

  secret(read: Reader, key: string): SecretObject | undefined {
    return read.get(this.#inputs.secrets, key);
  }

  caConfigMap(read: Reader, key: string): ConfigMapObject | undefined {
    return read.get(this.#inputs.caConfigMaps, key);
  }

  #claims(read: Reader, host: string): Service[] {
    const { fromKubernetes, fromEntries } = this.#mesh.services;
    return [fromKubernetes, fromEntries].flatMap(({ byHost }) => [...read.bucket(byHost, host).values()]);
  }

  #all(read: Reader, what: "httpPorts" | "ranges"): string[] {
    return [...new Set(this.#summaries.flatMap((summary) => [...read.all(summary[what]).keys()]))];
  }
}

function summary(graph: Graph, { rows }: ServiceIndexes): Summary {
  const byHttpPort = graph.index(rows, "HTTP port", ({ ports }) =>
    ports.filter(({ protocol }) => isHttp(protocol)).map(({ number }) => String(number)),
  );
  const byRange = graph.index(rows, "range", ({ addresses }) => addresses.map(rangeOf));
  return {
    httpPorts: graph.derive(`HTTP ports of ${rows.name}`, byHttpPort, (): true => true),
    ranges: graph.derive(`ranges of ${rows.name}`, byRange, (): true => true),
    byTcpPort: graph.index(rows, "TCP port", ({ ports }) =>
      ports.filter(({ protocol }) => !isHttp(protocol) && protocol !== "UDP").map(({ number }) => String(number)),
    ),
  };
}

/** A range around an address, wide enough that few new services need a new one. */
function rangeOf(address: string): string {
  if (address.includes("/")) return address;
  if (address.includes(":")) return `${address}/128`;
  return `${address.split(".").slice(0, 2).join(".")}.0.0/16`;
}

function isVisible({ exportTo, namespace }: Service, client: string): boolean {
  return isExportedTo(exportTo, namespace, parseScope(client).namespace);
}
