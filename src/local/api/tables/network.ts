import type { EndpointSlice } from "../../../kinds/core/endpoint-slice.ts";
import type { Endpoints } from "../../../kinds/core/endpoints.ts";
import type { Service } from "../../../kinds/core/service.ts";
import { age, firstFew, orNone, pairs } from "./human.ts";
import type { Printer } from "./table.ts";

export const servicePrinter: Printer<Service> = {
  columns: ["Type", "Cluster-IP", "External-IP", "Port(s)", "Age", { name: "Selector", wide: true }],
  cells: (service, now) => [
    service.spec.type ?? "ClusterIP",
    orNone(service.spec.clusterIP),
    externalAddress(service),
    servicePorts(service),
    age(service.metadata.creationTimestamp, now),
    pairs(service.spec.selector),
  ],
};

function externalAddress({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  if (spec.type === "ExternalName") return orNone(spec.externalName);
  if (spec.type !== "LoadBalancer") return orNone(external.join(","));
  const ingress = (status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || "").filter(Boolean);
  const all = [...new Set([...ingress, ...external])];
  return all.length === 0 ? "<pending>" : all.join(",");
}

function servicePorts({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol = "TCP" }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return orNone(ports.join(","));
}

export const endpointsPrinter: Printer<Endpoints> = {
  columns: ["Endpoints", "Age"],
  cells: ({ metadata, subsets = [] }, now) => {
    const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0
        ? addresses.map(({ ip }) => ip)
        : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
    );
    return [firstFew(all, 3), age(metadata.creationTimestamp, now)];
  },
};

export const endpointSlicePrinter: Printer<EndpointSlice> = {
  columns: ["AddressType", "Ports", "Endpoints", "Age"],
  cells: ({ metadata, addressType, ports = [], endpoints = [] }, now) => [
    addressType,
    ports.length === 0
      ? "<unset>"
      : firstFew(
          ports.map((port) => String(port.port ?? "<all>")),
          3,
        ),
    endpoints.length === 0
      ? "<unset>"
      : firstFew(
          endpoints.flatMap((endpoint) => endpoint.addresses),
          3,
        ),
    age(metadata.creationTimestamp, now),
  ],
};
