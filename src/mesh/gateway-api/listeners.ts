/**
 * What of a Gateway's listeners, its own and those that ListenerSets add, can be served, and why the rest cannot. Pure:
 * references are looked up by others.
 */
import type { AllowedRoutes, GatewayListener } from "../../kinds/gateway-api/gateway.ts";
import type { GatewayTls } from "../gateway-model.ts";
import { intersectHosts } from "../hosts.ts";
import type { ObjectRef } from "../model.ts";
import type { Fault } from "./conditions.ts";
import type { ListenerTls } from "./listener-tls.ts";
import { GROUP } from "./objects.ts";

interface RouteKind {
  group: string;
  kind: string;
}

export interface Listener {
  /** Among all listeners of its Gateway. */
  id: string;
  name: string;
  /** The Gateway or ListenerSet that it is written in. */
  owner: ObjectRef;
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

/** A listener as it is written, and where. */
export interface WrittenListener {
  spec: GatewayListener;
  owner: ObjectRef;
}

export interface ListenerContext {
  /** The Service's target port for a port. */
  targetPort(port: number): number;
  /** Undefined for listeners without TLS. */
  tls(listener: WrittenListener): ListenerTls | undefined;
}

/**
 * `own` are the Gateway's, which conflict among each other. `added` come after them, in order of precedence: each only
 * conflicts with those before it.
 */
export function listenersOf(
  own: readonly WrittenListener[],
  added: readonly WrittenListener[],
  context: ListenerContext,
): Listener[] {
  const all = [...own, ...added];
  const conflicts = protocolConflicts(own.map(({ spec }) => spec));
  const listeners = own.map((each) => listenerOf(each, all, conflicts.get(each.spec.port), context));
  for (const each of added) listeners.push(listenerOf(each, all, addedConflict(each.spec, listeners), context));
  return listeners;
}

function listenerOf(
  written: WrittenListener,
  all: readonly WrittenListener[],
  conflicted: Fault | undefined,
  context: ListenerContext,
): Listener {
  const { spec, owner } = written;
  const carried = (KINDS[spec.protocol] ?? []).map((kind) => ({ group: GROUP, kind }));
  const asked = spec.allowedRoutes?.kinds?.map(({ group = GROUP, kind }) => ({ group, kind }));
  const has = (kinds: readonly RouteKind[], k: RouteKind): boolean =>
    kinds.some((other) => other.group === k.group && other.kind === k.kind);
  const unknown = (asked ?? []).filter((k) => !has(carried, k));
  const secured = context.tls(written);
  const rejected = rejection(spec) ?? conflicted ?? secured?.rejected;
  const refFault = invalidKinds(unknown, spec.protocol) ?? secured?.refFault;
  const isAdded = !owner.kind.endsWith("/Gateway");
  return {
    id: isAdded ? `${spec.name}.${owner.name}.${owner.namespace}` : spec.name,
    name: spec.name,
    owner,
    port: spec.port,
    targetPort: context.targetPort(spec.port),
    protocol: spec.protocol,
    hostname: spec.hostname ?? "",
    namespaces: spec.allowedRoutes?.namespaces ?? { from: "Same" },
    supportedKinds: asked ? carried.filter((k) => has(asked, k)) : carried,
    ...(secured?.tls && { tls: secured.tls }),
    ...(rejected && { rejected }),
    ...(conflicted && { conflicted }),
    ...overlap(
      spec,
      all.map((each) => each.spec),
    ),
    ...(refFault && { refFault }),
  };
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

function sharedBy(protocol: string): string {
  return SHARED[protocol] ?? protocol;
}

function protocolConflicts(listeners: readonly GatewayListener[]): Map<number, Fault> {
  const conflicts = new Map<number, Fault>();
  for (const [port, group] of Map.groupBy(listeners, (listener) => listener.port)) {
    const protocols = new Set(group.map(({ protocol }) => sharedBy(protocol)));
    if (protocols.size < 2) continue;
    const named = group.map(({ name, protocol }) => `${name} (${protocol})`).join(", ");
    conflicts.set(port, {
      reason: "ProtocolConflict",
      message: `listeners of different protocols cannot share port ${port}: ${named}`,
    });
  }
  return conflicts;
}

function addedConflict(
  { port, protocol, hostname = "" }: GatewayListener,
  before: readonly Listener[],
): Fault | undefined {
  for (const other of before) {
    if (other.port !== port || other.rejected) continue;
    const named = `${other.name} of ${other.owner.namespace}/${other.owner.name}`;
    if (sharedBy(other.protocol) !== sharedBy(protocol)) {
      return { reason: "ProtocolConflict", message: `port ${port} speaks ${other.protocol}, for listener ${named}` };
    }
    if (other.hostname === hostname) {
      return { reason: "HostnameConflict", message: `listener ${named} has the same hostname on port ${port}` };
    }
  }
  return undefined;
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
