/** VirtualServices with names resolved in their own namespace and delegates merged in, found by host and by gateway. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { Destination } from "../kinds/istio/common.ts";
import type {
  HttpRouteSpec,
  TcpRouteSpec,
  TlsRouteSpec,
  VirtualService,
} from "../kinds/istio/virtual-service-schema.ts";
import { byAge, createdAt } from "./age.ts";
import { mergeDelegate } from "./delegates.ts";
import { isExportedTo, resolveHost } from "./hosts.ts";
import type { MeshInputs } from "./inputs.ts";
import type { MeshSettings, ObjectRef } from "./model.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";

export const MESH_GATEWAY = "mesh";

/** Key `namespace/name`. */
export interface VirtualServiceRow {
  origin: ObjectRef;
  createdAt: number;
  hosts: readonly string[];
  /** `mesh`, or `namespace/name`. */
  gateways: readonly string[];
  exportTo: readonly string[];
  http: readonly HttpRouteSpec[];
  tls: readonly TlsRouteSpec[];
  tcp: readonly TcpRouteSpec[];
}

export interface VirtualServices {
  rows: Collection<VirtualServiceRow>;
  /** Those that sidecars use, by host: `*.example.com` is a bucket of its own. */
  byMeshHost: Index<VirtualServiceRow>;
  byGateway: Index<VirtualServiceRow>;
}

export function wireVirtualServices(
  graph: Graph,
  inputs: Pick<MeshInputs, "virtualServices">,
  settings: Collection<MeshSettings>,
): VirtualServices {
  const rows = graph.derive<VirtualService, VirtualServiceRow>(
    "virtual services",
    inputs.virtualServices,
    (_key, object, read) => {
      const { clusterDomain } = read.get(settings, "") ?? DEFAULT_SETTINGS;
      return virtualServiceRow(object, clusterDomain, delegateFinder(inputs, read));
    },
  );
  return {
    rows,
    byMeshHost: graph.index(rows, "host", ({ hosts, gateways }) => (gateways.includes(MESH_GATEWAY) ? hosts : [])),
    byGateway: graph.index(rows, "gateway", ({ gateways }) => gateways.filter((name) => name !== MESH_GATEWAY)),
  };
}

type FindDelegate = (namespace: string, name: string) => VirtualService | undefined;

function delegateFinder(inputs: Pick<MeshInputs, "virtualServices">, read: Reader): FindDelegate {
  return (namespace, name) => read.get(inputs.virtualServices, `${namespace}/${name}`);
}

function virtualServiceRow(object: VirtualService, domain: string, find: FindDelegate): VirtualServiceRow {
  const { name, namespace = "" } = object.metadata;
  const spec = object.spec ?? {};
  const resolve = resolver(namespace, domain);
  const gateways = spec.gateways?.length ? spec.gateways : [MESH_GATEWAY];
  return {
    origin: { kind: "networking.istio.io/VirtualService", namespace, name },
    createdAt: createdAt(object.metadata),
    hosts: [...new Set((spec.hosts ?? []).map((host) => resolveHost(host, namespace, domain)))],
    gateways: gateways.map((gateway) => gatewayName(gateway, namespace)),
    exportTo: spec.exportTo ?? [],
    http: (spec.http ?? []).flatMap((rule) => {
      const resolved = resolve.http(rule);
      return rule.delegate ? delegated(resolved, namespace, domain, find) : [resolved];
    }),
    tls: (spec.tls ?? []).map(resolve.connection),
    tcp: (spec.tcp ?? []).map(resolve.connection),
  };
}

/** The rules of the delegate, each narrowed to the root's; none when the delegate is missing or not shown to it. */
function delegated(root: HttpRouteSpec, namespace: string, domain: string, find: FindDelegate): HttpRouteSpec[] {
  const owner = root.delegate?.namespace || namespace;
  const delegate = find(owner, root.delegate?.name ?? "");
  if (!delegate || (delegate.spec?.hosts ?? []).length > 0) return [];
  if (!isExportedTo(delegate.spec?.exportTo ?? [], owner, namespace)) return [];
  const resolve = resolver(owner, domain);
  return (delegate.spec?.http ?? []).flatMap((leaf) => mergeDelegate(root, resolve.http(leaf)) ?? []);
}

/** `namespace/name` for a gateway named in a namespace; `name.namespace` is how it was written of old. */
export function gatewayName(gateway: string, namespace: string): string {
  if (gateway === MESH_GATEWAY || gateway.includes("/")) return gateway.replace(/^\.\//, `${namespace}/`);
  const [name, owner] = gateway.split(".");
  return owner ? `${owner}/${name}` : `${namespace}/${gateway}`;
}

function resolver(namespace: string, domain: string) {
  const destination = (to: Destination): Destination => ({ ...to, host: resolveHost(to.host, namespace, domain) });
  const match = <T extends { gateways?: string[] }>(one: T): T =>
    one.gateways ? { ...one, gateways: one.gateways.map((gateway) => gatewayName(gateway, namespace)) } : one;
  const route = <T extends { destination: Destination }>(to: T): T => ({
    ...to,
    destination: destination(to.destination),
  });
  return {
    http: (rule: HttpRouteSpec): HttpRouteSpec => ({
      ...rule,
      ...(rule.match && { match: rule.match.map(match) }),
      ...(rule.route && { route: rule.route.map(route) }),
      ...(rule.mirror && { mirror: destination(rule.mirror) }),
      ...(rule.mirrors && { mirrors: rule.mirrors.map(route) }),
    }),
    connection: <T extends TcpRouteSpec | TlsRouteSpec>(rule: T): T => ({
      ...rule,
      ...(rule.match && { match: rule.match.map((one) => match(one)) }),
      ...(rule.route && { route: rule.route.map(route) }),
    }),
  };
}

/** Those of a bucket that clients of the namespace may see, the oldest first. */
export function visibleVirtualServices(
  read: Reader,
  index: Index<VirtualServiceRow>,
  bucket: string,
  namespace: string,
): VirtualServiceRow[] {
  return [...read.bucket(index, bucket).values()]
    .filter((row) => isExportedTo(row.exportTo, row.origin.namespace, namespace))
    .sort(byAge);
}
