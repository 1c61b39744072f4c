/** Which listeners, and which Services' clients, a route is for. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { ParentRef } from "../../kinds/gateway-api/common.ts";
import { intersectHosts, serviceHost } from "../hosts.ts";
import type { NamespaceObject, ServiceObject } from "../kubernetes.ts";
import type { MeshSettings } from "../model.ts";
import { clusterDomainOf } from "./cluster-domain.ts";
import type { Fault } from "./conditions.ts";
import type { GatewayRow } from "./gateways.ts";
import { type ListenerSetParsed, parentOf } from "./listener-sets.ts";
import type { Listener } from "./listeners.ts";
import { namespaceAllowed } from "./namespaces.ts";
import { type GatewayParsed, GROUP } from "./objects.ts";

/** One reference of a route to a parent, and what came of it. */
export interface ParentResult {
  ref: ParentRef;
  /** Why the route is not accepted there, if so. */
  denied?: Fault;
  /** Ids of the listeners that it is attached to, with the hosts that the two have in common. */
  listeners: readonly { gateway: string; listener: string; hosts: readonly string[] }[];
  /** Ports of a Service whose clients it is for. */
  service?: { host: string; ports: readonly number[]; consumer: string };
}

export interface AttachmentSources {
  gateways: Collection<GatewayRow>;
  /** All Gateways there are: those of other classes are others' affair. */
  allGateways: Collection<GatewayParsed>;
  listenerSets: Collection<ListenerSetParsed>;
  namespaces: Collection<NamespaceObject>;
  services: Collection<ServiceObject>;
  settings: Collection<MeshSettings>;
}

/** A route of whatever kind, as far as its parents look at it. */
export interface Attachable {
  kind: string;
  namespace: string;
  parentRefs: readonly ParentRef[];
  /** Empty: those of the listeners. */
  hostnames: readonly string[];
}

/** Results for the parents that are ours to judge. */
export function parentResults(route: Attachable, sources: AttachmentSources, read: Reader): ParentResult[] {
  return route.parentRefs.flatMap((ref) => {
    const { group = GROUP, kind = "Gateway" } = ref;
    if (group === GROUP && kind === "Gateway") return gatewayParent(route, ref, sources, read) ?? [];
    if (group === GROUP && kind === "ListenerSet") return listenerSetParent(route, ref, sources, read) ?? [];
    if (group === "" && kind === "Service") return serviceParent(route, ref, sources, read);
    return [];
  });
}

function gatewayParent(
  route: Attachable,
  ref: ParentRef,
  sources: AttachmentSources,
  read: Reader,
): ParentResult | undefined {
  const key = `${ref.namespace ?? route.namespace}/${ref.name}`;
  const gateway = read.get(sources.gateways, key);
  if (gateway) return listenersParent(route, ref, key, gateway, sources, read);
  if (read.get(sources.allGateways, key)) return undefined;
  return denied(ref, "NoMatchingParent", `there is no Gateway ${key}`);
}

/** A ListenerSet is ours when its Gateway is. */
function listenerSetParent(
  route: Attachable,
  ref: ParentRef,
  sources: AttachmentSources,
  read: Reader,
): ParentResult | undefined {
  const set = read.get(sources.listenerSets, `${ref.namespace ?? route.namespace}/${ref.name}`);
  const key = set && parentOf(set);
  const gateway = key === undefined ? undefined : read.get(sources.gateways, key);
  return key !== undefined && gateway ? listenersParent(route, ref, key, gateway, sources, read) : undefined;
}

/** The listeners that the Gateway `key` has from the object that the reference names. */
function listenersParent(
  route: Attachable,
  ref: ParentRef,
  key: string,
  gateway: GatewayRow,
  sources: AttachmentSources,
  read: Reader,
): ParentResult {
  const { kind = "Gateway", namespace = route.namespace } = ref;
  const parent = `${kind} ${namespace}/${ref.name}`;
  const named = gateway.listeners.filter(
    ({ owner, name, port }) =>
      owner.kind === `${GROUP}/${kind}` &&
      owner.namespace === namespace &&
      owner.name === ref.name &&
      (ref.sectionName === undefined || name === ref.sectionName) &&
      (ref.port === undefined || port === ref.port),
  );
  if (named.length === 0) {
    const wanted = [
      ...(ref.sectionName === undefined ? [] : [`named ${ref.sectionName}`]),
      ...(ref.port === undefined ? [] : [`on port ${ref.port}`]),
    ];
    const what = wanted.length === 0 ? `that Gateway ${key} takes` : wanted.join(" ");
    return denied(ref, "NoMatchingParent", `${parent} has no listener ${what}`);
  }
  const allowed = named.filter(({ namespaces, owner }) =>
    namespaceAllowed(namespaces, route.namespace, owner.namespace, sources.namespaces, read),
  );
  const fit = allowed.filter((listener) => carries(listener, route.kind));
  if (fit.length === 0) {
    const why =
      allowed.length === 0
        ? `no listener of ${parent} allows routes of namespace ${route.namespace}`
        : (allowed[0]?.rejected?.message ?? `no listener of ${parent} allows routes of kind ${route.kind}`);
    return denied(ref, "NotAllowedByListeners", why);
  }
  const bound = fit.flatMap(({ id, hostname }) => {
    const hosts = commonHosts(hostname, route.hostnames);
    return hosts.length === 0 ? [] : [{ gateway: key, listener: id, hosts }];
  });
  if (bound.length === 0) {
    const theirs = fit.map(({ hostname }) => hostname).join(", ");
    const ours = route.hostnames.join(", ");
    return denied(ref, "NoMatchingListenerHostname", `no hostname of ${ours} is among the listeners' ${theirs}`);
  }
  return { ref, listeners: bound };
}

function carries(listener: Listener, routeKind: string): boolean {
  return !listener.rejected && listener.supportedKinds.some(({ kind }) => kind === routeKind);
}

/** The hosts that a listener and a route have in common. Either without any stands for all. */
function commonHosts(listenerHost: string, routeHosts: readonly string[]): string[] {
  const listener = listenerHost === "" ? "*" : listenerHost;
  const routes = routeHosts.length === 0 ? ["*"] : routeHosts;
  return [...new Set(routes.flatMap((host) => intersectHosts(listener, host) ?? []))];
}

function serviceParent(route: Attachable, ref: ParentRef, sources: AttachmentSources, read: Reader): ParentResult {
  const namespace = ref.namespace ?? route.namespace;
  const key = `${namespace}/${ref.name}`;
  const service = read.get(sources.services, key);
  if (!service) return denied(ref, "NoMatchingParent", `there is no Service ${key}`);
  const ports = (service.spec?.ports ?? []).map(({ port }) => port);
  const chosen = ref.port === undefined ? ports : ports.filter((port) => port === ref.port);
  if (chosen.length === 0)
    return denied(ref, "NoMatchingParent", `Service ${key} has no port ${ref.port ?? ""}`.trim());
  return {
    ref,
    listeners: [],
    service: {
      host: serviceHost(ref.name, namespace, clusterDomainOf(sources.settings, read)),
      ports: chosen,
      // A route of the Service's own namespace is for all clients, another's for those of its own namespace.
      consumer: namespace === route.namespace ? "" : route.namespace,
    },
  };
}

function denied(ref: ParentRef, reason: string, message: string): ParentResult {
  return { ref, listeners: [], denied: { reason, message } };
}
