import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { Reader } from "../../engine/derived.ts";
import type { ObjectRef, TcpRoute } from "../../mesh/model.ts";
import { encode } from "../encode.ts";
import { gatewayListener, gatewayListenerName } from "../listeners/gateway.ts";
import { virtualInboundListener } from "../listeners/inbound.ts";
import { outboundPortListener, outboundTcpListener, virtualOutboundListener } from "../listeners/outbound.ts";
import { meshTlsOf } from "../mesh-tls.ts";
import { outboundClusterName, VIRTUAL_OUTBOUND } from "../names.ts";
import type { Resource } from "../resource.ts";
import type { MeshRows } from "./mesh-rows.ts";
import { policyOrigins } from "./policies.ts";
import type { Scope } from "./scope.ts";

/** What a proxy gets under a listener's name, but for its inbound one. Undefined: nothing can be served there. */
export function listenerRow(read: Reader, mesh: MeshRows, scope: Scope, name: string): Resource | undefined {
  const settings = { ...mesh.settings(read), outboundTrafficPolicy: mesh.outboundTrafficPolicy(read, scope.client) };
  if (scope.type === "Gateway") {
    const port = mesh.gatewayPorts(read, scope.workload).find((each) => gatewayListenerName(each) === name);
    const policies = mesh.gatewayPolicies(read, scope.workload);
    if (!port) return undefined;
    const undeclared = undeclaredClusters(read, mesh, scope.client, port.tcpRoutes);
    const passesOn = port.servers.some(({ tls }) => tls?.mode === "AutoPassthrough");
    const serverNames = passesOn ? mesh.serverNames(read, scope.client) : [];
    const { accessLogFile } = settings;
    const params = {
      port,
      accessLogFile,
      mesh: meshTlsOf(settings, scope.identity),
      undeclared,
      serverNames,
      policies,
      requests: settings,
    };
    const listener = gatewayListener(params);
    if (!listener) return undefined;
    return encoded(listener, [...port.servers.map(({ origin }) => origin), ...policyOrigins(policies)]);
  }
  const serviceRanges = mesh.serviceRanges(read);
  if (name === VIRTUAL_OUTBOUND) return encoded(virtualOutboundListener({ settings, serviceRanges }));
  const at = name.lastIndexOf("_");
  const address = name.slice(0, at);
  const port = Number(name.slice(at + 1));
  if (address !== "0.0.0.0") {
    const service = mesh.serviceAt(read, scope.client, address, port);
    if (!service) return undefined;
    const routes = mesh.tcpRoutes(read, scope.client, service.host, port);
    const undeclared = undeclaredClusters(read, mesh, scope.client, routes);
    const listener = outboundTcpListener({ address, port, routes, undeclared, accessLogFile: settings.accessLogFile });
    return encoded(listener, [service.origin, ...routes.map(({ origin }) => origin)]);
  }
  const lazy = scope.delivery === "Lazy";
  return encoded(outboundPortListener({ settings, serviceRanges, port, lazy }));
}

/** Clusters to which connections of bytes are sent, while nobody says whether their servers read requests or bytes. */
function undeclaredClusters(read: Reader, mesh: MeshRows, client: string, routes: readonly TcpRoute[]): string[] {
  const destinations = routes.flatMap((route) => route.destinations);
  return destinations.flatMap((destination) => {
    const found = mesh.cluster(read, client, destination);
    return found?.port.protocol === "Auto" && !found.policy.tls ? [outboundClusterName(destination)] : [];
  });
}

/** The inbound listener of a sidecar: what others find at its pod. */
export function inboundListenerRow(read: Reader, mesh: MeshRows, pod: string): Resource {
  const inbound = mesh.inbound(read, pod);
  const ports = inbound.map(({ targetPort, port, services }) => ({
    targetPort,
    protocol: port.protocol,
    host: services[0]?.host ?? "",
    servicePort: port.number,
  }));
  const policies = mesh.podPolicies(read, pod);
  const settings = mesh.settings(read);
  const listener = virtualInboundListener({
    ports,
    accessLogFile: settings.accessLogFile,
    modes: mesh.peerModes(read, pod),
    tls: meshTlsOf(settings, mesh.workload(read, pod)?.identity),
    policies,
    requests: settings,
  });
  const services = inbound.flatMap((port) => port.services.map(({ origin }) => origin));
  return encoded(listener, [...services, ...policyOrigins(policies)]);
}

function encoded(listener: Listener, origins: readonly ObjectRef[] = []): Resource {
  return encode(ListenerSchema, listener, { name: listener.name, origins });
}
