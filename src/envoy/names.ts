/** Names of Envoy resources: Istio's, which dashboards, EnvoyFilters and people know. */
import type { ObjectRef } from "../mesh/model.ts";

export const PASSTHROUGH_CLUSTER = "PassthroughCluster";
export const INBOUND_PASSTHROUGH_CLUSTER = "InboundPassthroughCluster";
/** Where Global rate limits are counted: whatever a Sidecar narrows its view to, a proxy finds it under this name. */
export const LIMITER_CLUSTER = "lateen-ratelimit";
export const BLACK_HOLE_CLUSTER = "BlackHoleCluster";

export const VIRTUAL_OUTBOUND = "virtualOutbound";
export const VIRTUAL_INBOUND = "virtualInbound";
export const OUTBOUND_PORT = 15001;
export const INBOUND_PORT = 15006;
/** Where every sidecar listens itself: admin, outbound, inbound, status, readiness, metrics. No service can be served there. */
export const PROXY_PORTS: ReadonlySet<number> = new Set([15000, OUTBOUND_PORT, INBOUND_PORT, 15020, 15021, 15090]);

/** The names under which proxies ask for their own certificate with its key, and for whom they trust: Istio's. */
export const OWN_CERTIFICATE = "default";
export const MESH_ROOTS = "ROOTCA";

/** In the bootstrap of proxies that get those two from an agent's socket: Istio's name for it. */
export const IDENTITY_CLUSTER = "sds-grpc";

/** A key of Envoy's runtime: 100 from when the pod is told to end, so that nobody waits for its application. */
export const LEAVING = "lateen.leaving";

export interface ClusterName {
  host: string;
  port: number;
  /** "" for all of the service. */
  subset: string;
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local` */
export function outboundClusterName({ host, port, subset }: ClusterName): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** The parts of an outbound cluster's name; undefined when it is none. */
export function parseOutboundClusterName(name: string): ClusterName | undefined {
  const [direction, port, subset, host, ...rest] = name.split("|");
  if (direction !== "outbound" || subset === undefined || !host || rest.length > 0) return undefined;
  const number = Number(port);
  return Number.isInteger(number) && number > 0 && number < 65536 ? { host, port: number, subset } : undefined;
}

/** `inbound|9080||` */
export function inboundClusterName(port: number): string {
  return `inbound|${port}||`;
}

/** The server name of mutual TLS between sidecars: `outbound_.9080_.v1_.reviews.default.svc.cluster.local`. */
export function sidecarServerName({ host, port, subset }: ClusterName): string {
  return `outbound_.${port}_.${subset}_.${host}`;
}

export function parseSidecarServerName(name: string): ClusterName | undefined {
  const [, port, subset = "", host = ""] = /^outbound_\.(\d+)_\.([^_]*)_\.(.+)$/.exec(name) ?? [];
  return port === undefined ? undefined : { port: Number(port), subset, host };
}

/**
 * Keeps a name whole in statistics: Envoy cuts names at dots, so the part that is ours ends in a mark of its own, which
 * the bootstrap's tag extraction looks for.
 */
export function statName(name: string): string {
  return `${name};`;
}

/** `/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews`, as Istio's metadata names an object. */
export function configPath({ kind, namespace, name }: ObjectRef): string {
  const [group, plain] = kind.includes("/") ? kind.split("/") : ["core", kind];
  const kebab = (plain ?? "").replace(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3-$2$4").toLowerCase();
  return `/apis/${group}/v1/namespaces/${namespace}/${kebab}/${name}`;
}
