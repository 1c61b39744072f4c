import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { GatewayPort } from "../../mesh/gateway-model.ts";
import { readsHttp, tableOf } from "../../mesh/gateways.ts";
import { gatewayListenerName } from "../listeners/gateway.ts";
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  inboundClusterName,
  MESH_ROOTS,
  OWN_CERTIFICATE,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
  VIRTUAL_INBOUND,
  VIRTUAL_OUTBOUND,
} from "../names.ts";
import type { TypeUrl } from "../resource.ts";
import type { Peer, View } from "../resource-source.ts";
import { CLUSTER, LISTENER, SECRET, VIRTUAL_HOST } from "../types.ts";
import { MESH_SCOPE, proxyScope } from "./certificates.ts";
import type { MeshRows } from "./mesh-rows.ts";
import { policyClusters } from "./policies.ts";
import { rowKey } from "./row-key.ts";
import { formatScope, type Scope } from "./scope.ts";
import type { Uses } from "./uses.ts";
import { clustersOf, PLACEHOLDER } from "./virtual-hosts.ts";

interface Rows {
  mesh: MeshRows;
  /** The clusters of each virtual host. */
  hostClusters: Collection<readonly string[]>;
  uses: Collection<Uses>;
}

/** What a proxy must hold without asking. Undefined until its pod is known, and when that is gone. */
export function viewOf(read: Reader, rows: Rows, proxy: Peer): View | undefined {
  const pod = `${proxy.namespace}/${proxy.pod}`;
  const workload = rows.mesh.workload(read, pod);
  if (!workload || !rows.mesh.isSame(read, proxy)) return undefined;
  const client = rows.mesh.scopeOf(read, workload);
  const identity = workload.identity ? { identity: workload.identity } : {};
  const owner = `${workload.namespace}/${workload.workload}`;
  const view =
    proxy.type === "router"
      ? gatewayView(read, rows.mesh, { type: "Gateway", workload: owner, client, ...identity })
      : sidecarView(
          read,
          rows,
          { type: "Sidecar", delivery: rows.mesh.delivery(read, pod), client, ...identity },
          pod,
          owner,
        );
  view.add(SECRET, OWN_CERTIFICATE, proxyScope(proxy.id));
  view.add(SECRET, MESH_ROOTS, MESH_SCOPE);
  return view.build();
}

function sidecarView(
  read: Reader,
  { mesh, hostClusters, uses }: Rows,
  scope: Scope & { type: "Sidecar" },
  pod: string,
  workload: string,
): ViewBuilder {
  const view = new ViewBuilder(scope);
  const ports = mesh.httpPorts(read);
  view.add(LISTENER, VIRTUAL_OUTBOUND);
  view.add(LISTENER, VIRTUAL_INBOUND, podScope(pod));
  for (const port of ports) view.add(LISTENER, `0.0.0.0_${port}`);
  for (const { address, port } of mesh.tcpAddresses(read, scope.client)) view.add(LISTENER, `${address}_${port}`);

  view.add(CLUSTER, PASSTHROUGH_CLUSTER);
  view.add(CLUSTER, INBOUND_PASSTHROUGH_CLUSTER);
  view.add(CLUSTER, BLACK_HOLE_CLUSTER);
  for (const { targetPort } of mesh.inbound(read, pod))
    view.add(CLUSTER, inboundClusterName(targetPort), podScope(pod));

  for (const cluster of policyClusters(mesh.podPolicies(read, pod))) view.add(CLUSTER, cluster);

  const used = read.get(uses, workload);
  const hosts = new Set(ports.map((port) => `${port}/${PLACEHOLDER}`));
  if (scope.delivery === "Lazy") {
    for (const name of used?.hosts ?? []) hosts.add(name);
    for (const name of used?.clusters ?? []) view.add(CLUSTER, name);
  } else {
    for (const port of ports) for (const host of mesh.hostsOn(read, scope.client, port)) hosts.add(`${port}/${host}`);
  }
  for (const name of hosts) {
    view.add(VIRTUAL_HOST, name);
    for (const cluster of read.get(hostClusters, view.key(name)) ?? []) view.add(CLUSTER, cluster);
  }
  return view;
}

function gatewayView(read: Reader, mesh: MeshRows, scope: Scope & { type: "Gateway" }): ViewBuilder {
  const view = new ViewBuilder(scope);
  for (const cluster of policyClusters(mesh.gatewayPolicies(read, scope.workload))) {
    view.add(CLUSTER, cluster);
  }
  for (const port of mesh.gatewayPorts(read, scope.workload)) {
    view.add(LISTENER, gatewayListenerName(port));
    for (const cluster of gatewayClusters(port)) view.add(CLUSTER, cluster);
    for (const server of port.servers) {
      if (readsHttp(server)) view.add(VIRTUAL_HOST, `${tableOf(server)}/${PLACEHOLDER}`);
    }
    // the catch-all is part of the route configuration itself
    for (const { table, domain } of port.hosts) if (domain !== "*") view.add(VIRTUAL_HOST, `${table}/${domain}`);
  }
  return view;
}

function gatewayClusters({ hosts, tcpRoutes }: GatewayPort): Set<string> {
  const clusters = new Set(hosts.flatMap(({ routes }) => clustersOf(routes)));
  for (const { destinations } of tcpRoutes) for (const to of destinations) clusters.add(outboundClusterName(to));
  return clusters;
}

/** The scope of what is a pod's alone: its inbound side. */
function podScope(pod: string): string {
  return `pod ${pod}`;
}

/** The inverse of `podScope`; "" for other scopes. */
export function podOfScope(scope: string): string {
  return scope.startsWith("pod ") ? scope.slice(4) : "";
}

class ViewBuilder {
  readonly #scope: string;
  readonly #push = new Map<TypeUrl, Map<string, string>>();

  constructor(scope: Scope) {
    this.#scope = formatScope(scope);
  }

  key(name: string): string {
    return rowKey(this.#scope, name);
  }

  add(type: TypeUrl, name: string, scope = this.#scope): void {
    const names = this.#push.get(type) ?? new Map<string, string>();
    this.#push.set(type, names.set(name, rowKey(scope, name)));
  }

  build(): View {
    return { scope: this.#scope, push: this.#push };
  }
}
