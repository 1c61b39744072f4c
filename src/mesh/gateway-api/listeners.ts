/** What of a Gateway's listeners can be served, and why the rest cannot. Pure: references are looked up by others. */
import type { AllowedRoutes, GatewayListener } from "../../kinds/gateway-api/gateway.ts";
import { intersectHosts } from "../hosts.ts";
import type { GatewayTls } from "../model.ts";
import type { ListenerTls } from "./certificates.ts";
import type { Fault } from "./conditions.ts";
import { GROUP } from "./objects.ts";

interface RouteKind {
  group: string;
  kind: string;
}

export interface Listener {
  name: string;
  port: number;
  /** Where Envoy listens. */
  targetPort: number;
  protocol: string;
  /** "" for all. */
  hostname: string;
  namespaces: NonNullable<AllowedRoutes["namespaces"]>;
  /** Those of the kinds asked for that the protocol can carry. */
  supportedKinds: readonly RouteKind[];
  tls?: GatewayTls;
  /** Why it is not served, if it is not. */
  rejected?: Fault;
  /** With which of its siblings it cannot be. */
  conflicted?: Fault;
  /** A sibling that ends TLS for some of the same hosts: a client may get either's certificate. */
  overlapping?: Fault;
  /** Kinds or certificates that cannot be found. */
  refFault?: Fault;
}

/** Kinds of route by protocol, as far as they are served. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  HTTP: ["HTTPRoute", "GRPCRoute"],
  HTTPS: ["HTTPRoute", "GRPCRoute"],
  TLS: ["TLSRoute"],
  TCP: ["TCPRoute"],
};

/** Ports at which every proxy listens for itself. */
const RESERVED = new Set([15000, 15001, 15006, 15008, 15020, 15021, 15090]);

export interface ListenerContext {
  /** The Service's target port for a port. */
  targetPort(port: number): number;
  /** Undefined for listeners without TLS. */
  tls(listener: GatewayListener): ListenerTls | undefined;
}

export function listenersOf(listeners: readonly GatewayListener[], context: ListenerContext): Listener[] {
  const conflicts = protocolConflicts(listeners);
  return listeners.map((listener) => {
    const carried = (KINDS[listener.protocol] ?? []).map((kind) => ({ group: GROUP, kind }));
    const asked = listener.allowedRoutes?.kinds?.map(({ group = GROUP, kind }) => ({ group, kind }));
    const has = (kinds: readonly RouteKind[], k: RouteKind): boolean =>
      kinds.some((other) => other.group === k.group && other.kind === k.kind);
    const supportedKinds = asked ? carried.filter((k) => has(asked, k)) : carried;
    const unknown = (asked ?? []).filter((k) => !has(carried, k));
    const conflicted = conflicts.get(listener.port);
    const secured = context.tls(listener);
    const rejected = rejection(listener) ?? conflicted ?? secured?.rejected;
    const refFault = invalidKinds(unknown, listener.protocol) ?? secured?.refFault;
    return {
      name: listener.name,
      port: listener.port,
      targetPort: context.targetPort(listener.port),
      protocol: listener.protocol,
      hostname: listener.hostname ?? "",
      namespaces: listener.allowedRoutes?.namespaces ?? { from: "Same" },
      supportedKinds,
      ...(secured?.tls && { tls: secured.tls }),
      ...(rejected && { rejected }),
      ...(conflicted && { conflicted }),
      ...overlap(listener, listeners),
      ...(refFault && { refFault }),
    };
  });
}

function rejection({ protocol, port }: GatewayListener): Fault | undefined {
  if (RESERVED.has(port)) {
    return { reason: "PortUnavailable", message: `port ${port} is used by the proxy itself: choose another` };
  }
  if (KINDS[protocol]) return undefined;
  const known = Object.keys(KINDS).join(", ");
  return { reason: "UnsupportedProtocol", message: `protocol ${protocol} is not served: use one of ${known}` };
}

/** Protocols that can share a port: by the Host header, or by the name in the TLS handshake. */
const SHARED: Readonly<Record<string, string>> = { HTTP: "HTTP", HTTPS: "TLS", TLS: "TLS" };

function protocolConflicts(listeners: readonly GatewayListener[]): Map<number, Fault> {
  const conflicts = new Map<number, Fault>();
  for (const [port, group] of Map.groupBy(listeners, (listener) => listener.port)) {
    const protocols = new Set(group.map(({ protocol }) => SHARED[protocol] ?? protocol));
    if (protocols.size < 2) continue;
    const named = group.map(({ name, protocol }) => `${name} (${protocol})`).join(", ");
    conflicts.set(port, {
      reason: "ProtocolConflict",
      message: `listeners of different protocols cannot share port ${port}: ${named}`,
    });
  }
  return conflicts;
}

function overlap(listener: GatewayListener, all: readonly GatewayListener[]): { overlapping: Fault } | undefined {
  const ends = ({ protocol, tls }: GatewayListener): boolean =>
    (protocol === "HTTPS" || protocol === "TLS") && (tls?.mode ?? "Terminate") === "Terminate";
  if (!ends(listener)) return undefined;
  const other = all.find(
    (each) =>
      each !== listener &&
      ends(each) &&
      each.port === listener.port &&
      intersectHosts(each.hostname ?? "*", listener.hostname ?? "*") !== undefined,
  );
  return (
    other && {
      overlapping: {
        reason: "OverlappingHostnames",
        message: `listener ${other.name} ends TLS for some of the same hosts on port ${listener.port}`,
      },
    }
  );
}

function invalidKinds(unknown: readonly RouteKind[], protocol: string): Fault | undefined {
  if (unknown.length === 0) return undefined;
  const names = unknown.map(({ kind }) => kind).join(", ");
  return { reason: "InvalidRouteKinds", message: `protocol ${protocol} cannot carry routes of kind ${names}` };
}
