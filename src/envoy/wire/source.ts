import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import type { Resource, TypeUrl } from "../resource.ts";
import type { Peer, ResourceSource, SourceChanges, View } from "../resource-source.ts";
import { CLUSTER, LISTENER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, SECRET, VIRTUAL_HOST } from "../types.ts";
import { type CertificateNeed, Certificates, proxyOfScope, type WorkloadCertificate } from "./certificates.ts";
import { clusterRow, inboundClusterRow } from "./clusters.ts";
import { Demand } from "./demand.ts";
import { endpointsRow } from "./endpoints.ts";
import { inboundListenerRow, listenerRow } from "./listeners.ts";
import type { MeshRows } from "./mesh-rows.ts";
import { routeConfigRow } from "./route-configs.ts";
import { parseRowKey, rowKey } from "./row-key.ts";
import { parseScope, type Scope } from "./scope.ts";
import { certificateRow, secretRow } from "./secrets.ts";
import { UseMemory, type Uses } from "./uses.ts";
import { podOfScope, viewOf } from "./views.ts";
import { virtualHostRow } from "./virtual-hosts.ts";

interface Served {
  demand: Demand;
  resource(key: string): Resource | undefined;
}

/**
 * Envoy resources as rows of the engine, computed while some proxy wants them, and the view of each connected proxy.
 * Implements what the xDS server serves.
 */
export class EnvoySource implements ResourceSource {
  readonly #mesh: MeshRows;
  readonly #proxies: Input<Peer>;
  readonly #uses: UseMemory;
  readonly #certificates: Certificates;
  readonly #views: Collection<View>;
  readonly #served: ReadonlyMap<TypeUrl, Served>;
  /** What an issuer is to give. Keys are proxies' ids, as those of `issued`. */
  readonly certificateNeeds: Collection<CertificateNeed>;
  readonly #listeners = new Set<(changes: SourceChanges) => void>();

  constructor(graph: Graph, mesh: MeshRows) {
    this.#mesh = mesh;
    this.#proxies = graph.input<Peer>("proxies");
    this.#uses = new UseMemory(graph);
    const certificates = new Certificates(graph);
    this.#certificates = certificates;

    const endpoints = wireRows(graph, "endpoints of clusters", (read, { scope, name }) =>
      scope ? endpointsRow(read, mesh, scope, name) : undefined,
    );
    const clusters = wireRows(graph, "clusters", (read, { scope, pod, name }) =>
      scope ? clusterRow(read, mesh, scope, name) : inboundClusterRow(read, mesh, pod, name),
    );
    const listeners = wireRows(graph, "listeners", (read, { scope, pod, name }) =>
      scope ? listenerRow(read, mesh, scope, name) : inboundListenerRow(read, mesh, pod),
    );
    const routeConfigs = wireRows(graph, "route configurations", (read, { scope, name }) =>
      scope ? routeConfigRow(read, mesh, scope, name) : undefined,
    );
    const virtualHosts = wireRows(graph, "virtual hosts", (read, { scope, name }) =>
      scope ? virtualHostRow(read, mesh, scope, name) : undefined,
    );
    const secrets = wireRows(graph, "secrets", (read, { scope, proxy, name }) =>
      scope ? secretRow(read, mesh, scope, name) : certificateRow(read, certificates, proxy, name),
    );
    this.certificateNeeds = certificates.needs(graph, secrets.demand.rows, this.#proxies, mesh);
    // A row of its own, so that an edit that names no other cluster changes no view.
    const hostClusters = graph.derive("clusters of virtual hosts", virtualHosts.rows, (_, { clusters }) => clusters);
    this.#views = graph.derive("views", this.#proxies, (_, proxy, read) =>
      viewOf(read, { mesh, hostClusters, uses: this.#uses.rows }, proxy),
    );
    this.#served = new Map<TypeUrl, Served>([
      [LOAD_ASSIGNMENT, { ...endpoints, resource: (key) => endpoints.rows.get(key) }],
      [CLUSTER, { ...clusters, resource: (key) => clusters.rows.get(key) }],
      [SECRET, { ...secrets, resource: (key) => secrets.rows.get(key) }],
      [LISTENER, { ...listeners, resource: (key) => listeners.rows.get(key) }],
      [ROUTE_CONFIGURATION, { ...routeConfigs, resource: (key) => routeConfigs.rows.get(key) }],
      [VIRTUAL_HOST, { ...virtualHosts, resource: (key) => virtualHosts.rows.get(key)?.resource }],
    ]);
    this.#announce(graph);
  }

  /** What workloads use, by `namespace/workload`: to be kept beyond this process's life. */
  get uses(): Input<Uses> {
    return this.#uses.rows;
  }

  /** What was issued for proxies, by their ids. */
  get certificates(): Input<WorkloadCertificate> {
    return this.#certificates.issued;
  }

  /** One row, key "": whom everybody in the mesh trusts, in PEM. */
  get roots(): Input<string> {
    return this.#certificates.roots;
  }

  connect(proxy: Peer): void {
    this.#proxies.set(proxy.id, proxy);
  }

  disconnect(id: string): void {
    this.#proxies.delete(id);
    this.#certificates.claim(id, undefined);
  }

  view(id: string): View | undefined {
    return this.#views.get(id);
  }

  keyOf(view: View, type: TypeUrl, name: string): string {
    return view.push.get(type)?.get(name) ?? rowKey(view.scope, name);
  }

  claim(type: TypeUrl, key: string, version: string | undefined): void {
    const proxy = type === SECRET ? ownerOf(key).proxy : undefined;
    if (proxy !== undefined) this.#certificates.claim(proxy, version);
  }

  awaits(type: TypeUrl, key: string): boolean {
    return type === SECRET && ownerOf(key).proxy !== undefined && !this.resource(type, key);
  }

  resource(type: TypeUrl, key: string): Resource | undefined {
    return this.#served.get(type)?.resource(key);
  }

  retain(type: TypeUrl, keys: Iterable<string>): void {
    this.#served.get(type)?.demand.retain(keys);
  }

  release(type: TypeUrl, keys: Iterable<string>): void {
    this.#served.get(type)?.demand.release(keys);
  }

  used(id: string, type: TypeUrl, name: string): void {
    const proxy = this.#proxies.get(id);
    const workload = proxy && this.#mesh.ownerOf(`${proxy.namespace}/${proxy.pod}`);
    if (workload !== undefined) this.#uses.remember(workload, type, name);
  }

  onChange(listener: (changes: SourceChanges) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One call of the listeners for each pass that changed something they serve. */
  #announce(graph: Graph): void {
    let views = new Set<string>();
    let rows = new Map<TypeUrl, Set<string>>();
    for (const [type, served] of this.#served) {
      graph.onChange<unknown>(served.rows, (changes) => rows.set(type, new Set(changes.keys())));
    }
    graph.onChange(this.#views, (changes) => {
      views = new Set(changes.keys());
    });
    graph.onPass(() => {
      if (views.size === 0 && rows.size === 0) return;
      const changes = { views, rows };
      views = new Set();
      rows = new Map();
      for (const listener of this.#listeners) listener(changes);
    });
  }
}

interface Served {
  demand: Demand;
  rows: Collection<unknown>;
  resource(key: string): Resource | undefined;
}

/** Of whom a row is: of a scope of clients, or of one pod or one proxy or all of them (then `scope` is undefined). */
interface Owner {
  scope: Scope | undefined;
  pod: string;
  proxy: string | undefined;
  name: string;
}

function wireRows<V>(graph: Graph, name: string, compute: (read: Reader, owner: Owner) => V | undefined) {
  const demand = new Demand(graph, `${name} asked for`);
  const rows = graph.derive(name, demand.rows, (key, _, read) => compute(read, ownerOf(key)));
  return { demand, rows };
}

function ownerOf(key: string): Owner {
  const { scope, name } = parseRowKey(key);
  return { scope: parseScope(scope), pod: podOfScope(scope), proxy: proxyOfScope(scope), name };
}
