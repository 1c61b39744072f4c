/** The services of the mesh, from whatever declares them, and how a client's name for one is understood. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import { byAge } from "./age.ts";
import { hostAndWildcards, isExportedTo } from "./hosts.ts";
import type { MeshInputs } from "./inputs.ts";
import type { ServiceObject } from "./kubernetes.ts";
import { kubernetesService } from "./kubernetes-services.ts";
import type { MeshSettings, Service } from "./model.ts";
import { serviceEntryServices } from "./service-entries.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";

/** Two collections of one kind of row, read as one: several objects may claim the same host. */
export interface Services {
  fromKubernetes: ServiceIndexes;
  fromEntries: ServiceIndexes;
}

export interface ServiceIndexes {
  rows: Collection<Service>;
  byHost: Index<Service>;
  byNamespace: Index<Service>;
  /** Bucket `10.96.0.5:9080`. */
  byAddressAndPort: Index<Service>;
  /** Bucket `9080`. */
  byPort: Index<Service>;
  /** All that a client may call it, but the name alone, which depends on the client's namespace. */
  byAlias: Index<Service>;
}

export function wireServices(
  graph: Graph,
  inputs: Pick<MeshInputs, "services" | "serviceEntries">,
  settings: Collection<MeshSettings>,
): Services {
  const fromKubernetes = graph.derive<ServiceObject, Service>("services", inputs.services, (_key, object, read) =>
    kubernetesService(object, read.get(settings, "") ?? DEFAULT_SETTINGS),
  );
  const fromEntries = graph.deriveMany("services of ServiceEntries", inputs.serviceEntries, (key, object) =>
    serviceEntryServices(object).map((service) => [`${service.host}|${key}`, service] as const),
  );
  return { fromKubernetes: indexed(graph, fromKubernetes), fromEntries: indexed(graph, fromEntries) };
}

function indexed(graph: Graph, rows: Collection<Service>): ServiceIndexes {
  return {
    rows,
    byHost: graph.index(rows, "host", ({ host }) => [host]),
    byNamespace: graph.index(rows, "namespace", ({ namespace }) => [namespace]),
    byAddressAndPort: graph.index(rows, "address and port", ({ addresses, ports }) =>
      addresses.flatMap((address) => ports.map((port) => `${address}:${port.number}`)),
    ),
    byPort: graph.index(rows, "port", ({ ports }) => ports.map((port) => String(port.number))),
    byAlias: graph.index(rows, "alias", aliasesOf),
  };
}

/** `reviews.default`, `reviews.default.svc`, the whole host, addresses. */
export function aliasesOf(service: Service): string[] {
  const { kind, namespace, name } = service.origin;
  const short = kind === "Service" ? [`${name}.${namespace}`, `${name}.${namespace}.svc`] : [];
  return [...short, service.host, ...service.addresses];
}

/**
 * The service that a client in a namespace means by a full host: the exact one, else the closest wildcard. Of several
 * that claim a host, Kubernetes' own comes first (nobody takes a name ahead of it), then the oldest.
 */
export function findService(services: Services, read: Reader, namespace: string, host: string): Service | undefined {
  for (const name of hostAndWildcards(host)) {
    const found = best(services, read, namespace, "byHost", name);
    if (found) return found;
  }
  return undefined;
}

/** The service that a client means by what it writes: also a short name, an address, or a pod of a headless one. */
export function findServiceByAlias(
  services: Services,
  read: Reader,
  namespace: string,
  written: string,
): Service | undefined {
  const alias = written.includes(".") || written.includes(":") ? written : `${written}.${namespace}`;
  const found = best(services, read, namespace, "byAlias", alias);
  if (found) return found;
  const parent = alias.slice(alias.indexOf(".") + 1);
  const headless = best(services, read, namespace, "byAlias", parent.includes(".") ? parent : `${parent}.${namespace}`);
  if (headless?.headless) return headless;
  return findService(services, read, namespace, alias);
}

function best(
  services: Services,
  read: Reader,
  namespace: string,
  index: "byHost" | "byAlias",
  bucket: string,
): Service | undefined {
  for (const indexes of [services.fromKubernetes, services.fromEntries]) {
    const visible = [...read.bucket(indexes[index], bucket).values()].filter((service) =>
      isExportedTo(service.exportTo, service.namespace, namespace),
    );
    const [oldest] = visible.sort(byAge);
    if (oldest) return oldest;
  }
  return undefined;
}
