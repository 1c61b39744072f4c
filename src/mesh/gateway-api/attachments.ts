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
import { selectorMatches } from "./label-selector.ts";
import type { Listener } from "./listeners.ts";
import { type GatewayParsed, GROUP } from "./objects.ts";

/** One reference of a route to a parent, and what came of it. */
export interface ParentResult {
  ref: ParentRef;
  /** Why the route is not accepted there, if so. */
  denied?: Fault;
  /** Listeners that it is attached to, with the hosts that the two have in common. */
  listeners: readonly { gateway: string; listener: string; hosts: readonly string[] }[];
  /** Ports of a Service whose clients it is for. */
  service?: { host: string; ports: readonly number[]; consumer: string };
}

export interface AttachmentSources {
  gateways: Collection<GatewayRow>;
  /** All Gateways there are: those of other classes are others' affair. */
  allGateways: Collection<GatewayParsed>;
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
  if (!gateway) {
    if (read.get(sources.allGateways, key)) return undefined;
    return denied(ref, "NoMatchingParent", `there is no Gateway ${key}`);
  }
  const named = gateway.listeners.filter(
    (listener) =>
      (ref.sectionName === undefined || listener.name === ref.sectionName) &&
      (ref.port === undefined || listener.port === ref.port),
  );
  if (named.length === 0) {
    const wanted = [
      ...(ref.sectionName === undefined ? [] : [`named ${ref.sectionName}`]),
      ...(ref.port === undefined ? [] : [`on port ${ref.port}`]),
    ];
    return denied(ref, "NoMatchingParent", `Gateway ${key} has no listener ${wanted.join(" ")}`);
  }
  const allowed = named.filter((listener) => allows(listener, route.namespace, gateway.namespace, sources, read));
  const fit = allowed.filter((listener) => carries(listener, route.kind));
  if (fit.length === 0) {
    const why =
      allowed.length === 0
        ? `no listener of Gateway ${key} allows routes of namespace ${route.namespace}`
        : (allowed[0]?.rejected?.message ?? `no listener of Gateway ${key} allows routes of kind ${route.kind}`);
    return denied(ref, "NotAllowedByListeners", why);
  }
  const bound = fit.flatMap((listener) => {
    const hosts = commonHosts(listener.hostname, route.hostnames);
    return hosts.length === 0 ? [] : [{ gateway: key, listener: listener.name, hosts }];
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

function allows(
  { namespaces }: Listener,
  routeNamespace: string,
  gatewayNamespace: string,
  sources: AttachmentSources,
  read: Reader,
): boolean {
  switch (namespaces.from ?? "Same") {
    case "All":
      return true;
    case "Same":
      return routeNamespace === gatewayNamespace;
    case "Selector": {
      const labels = read.get(sources.namespaces, routeNamespace)?.metadata.labels;
      return namespaces.selector !== undefined && labels !== undefined && selectorMatches(namespaces.selector, labels);
    }
  }
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
