/** A ServiceEntry as the mesh sees it: one service for each of its hosts. */
import type { ServiceEntry } from "../kinds/istio/service-entry-schema.ts";
import { createdAt } from "./age.ts";
import type { Resolution, Service, ServicePort } from "./model.ts";
import { portProtocol } from "./protocol.ts";
import { hasSidecar } from "./security/meshed.ts";

const RESOLUTIONS: Readonly<Record<string, Resolution>> = {
  STATIC: "Endpoints",
  DNS: "DNS",
  DNS_ROUND_ROBIN: "DNSRoundRobin",
  DYNAMIC_DNS: "DNS",
};

export function serviceEntryServices(object: ServiceEntry): Service[] {
  const { name, namespace = "" } = object.metadata;
  const spec = object.spec ?? { hosts: [] };
  const ports = (spec.ports ?? []).map(
    (port): ServicePort => ({
      name: port.name,
      number: port.number,
      protocol: portProtocol({ number: port.number, name: port.protocol ?? port.name }),
      ...(port.targetPort ? { targetPort: port.targetPort } : {}),
    }),
  );
  const resolution = RESOLUTIONS[spec.resolution ?? "NONE"] ?? "Passthrough";
  const byName = resolution === "DNS" || resolution === "DNSRoundRobin";
  return spec.hosts.map(
    (host): Service => ({
      host: host.toLowerCase(),
      namespace,
      origin: { kind: "networking.istio.io/ServiceEntry", namespace, name },
      ports,
      addresses: (spec.addresses ?? []).map((address) => address.replace(/\/(32|128)$/, "")),
      resolution,
      headless: false,
      meshExternal: spec.location !== "MESH_INTERNAL",
      exportTo: spec.exportTo?.length ? spec.exportTo : ["*"],
      subjectAltNames: spec.subjectAltNames ?? [],
      dnsEndpoints: byName ? dnsEndpoints(object, host, ports) : [],
      createdAt: createdAt(object.metadata),
    }),
  );
}

/** Where none are listed, the host itself is what DNS knows. */
function dnsEndpoints(object: ServiceEntry, host: string, ports: readonly ServicePort[]): Service["dnsEndpoints"] {
  const defaults = Object.fromEntries(ports.map((port) => [port.name, port.targetPort ?? port.number]));
  const listed = object.spec?.endpoints ?? [];
  if (listed.length === 0) {
    if (object.spec?.workloadSelector || host.startsWith("*")) return [];
    return [
      {
        host: host.toLowerCase(),
        ports: defaults,
        weight: 1,
        labels: {},
        locality: "",
        serviceAccount: "",
        meshed: false,
      },
    ];
  }
  return listed.map((endpoint) => ({
    host: endpoint.address ?? "",
    ports: { ...defaults, ...endpoint.ports },
    weight: endpoint.weight ?? 1,
    labels: endpoint.labels ?? {},
    locality: endpoint.locality ?? "",
    serviceAccount: endpoint.serviceAccount ?? "",
    meshed: hasSidecar(endpoint),
  }));
}
