/** What VirtualServices and DestinationRules name and what there is: for their conditions, and for warnings. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Destination } from "../kinds/istio/common.ts";
import { destinationRuleKind } from "../kinds/istio/destination-rule.ts";
import type { DestinationRule } from "../kinds/istio/destination-rule-schema.ts";
import { virtualServiceKind } from "../kinds/istio/virtual-service.ts";
import type { VirtualService } from "../kinds/istio/virtual-service-schema.ts";
import type { Problem } from "../kinds/kind.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import { destinationPolicy } from "./destination-rules.ts";
import { destinationsOf } from "./destinations.ts";
import { resolveHost } from "./hosts.ts";
import type { MeshInputs } from "./inputs.ts";
import { settingsOf } from "./lookups.ts";
import type { MeshCollections } from "./mesh.ts";
import { parseScope } from "./selectors.ts";
import { findService } from "./services.ts";
import type { StatusRow } from "./status-row.ts";
import { gatewayName, MESH_GATEWAY } from "./virtual-services.ts";

/** Istio's code for a reference to what does not exist. */
const NOT_FOUND = { code: "IST0101", name: "ReferencedResourceNotFound" };

/** Something that an object names and that is not there. */
export interface Unresolved extends Problem {
  what: "gateway" | "delegate" | "host" | "port" | "subset";
  /** As it was written; of ports and subsets with the host before it, `reviews:9080`, `reviews+v1`. */
  named: string;
}

export interface References {
  /** Key `namespace/name`; objects whose references all resolve have no row. */
  virtualServices: Collection<readonly Unresolved[]>;
  destinationRules: Collection<readonly Unresolved[]>;
  /** The same as conditions and messages of the objects' status. */
  statuses: readonly Collection<StatusRow>[];
}

interface Sources {
  mesh: MeshCollections;
  inputs: Pick<MeshInputs, "gateways" | "virtualServices">;
}

export function wireReferences(graph: Graph, inputs: MeshInputs, mesh: MeshCollections): References {
  const sources = { mesh, inputs };
  const virtualServices = graph.derive<VirtualService, readonly Unresolved[]>(
    "unresolved references of VirtualServices",
    inputs.virtualServices,
    (_key, object, read) => some(virtualServiceReferences(sources, read, object)),
  );
  const destinationRules = graph.derive<DestinationRule, readonly Unresolved[]>(
    "unresolved references of DestinationRules",
    inputs.destinationRules,
    (_key, object, read) => some(destinationRuleReferences(sources, read, object)),
  );
  return {
    virtualServices,
    destinationRules,
    statuses: [
      wireStatuses(graph, virtualServiceKind.type, inputs.virtualServices, virtualServices),
      wireStatuses(graph, destinationRuleKind.type, inputs.destinationRules, destinationRules),
    ],
  };
}

function some(problems: Unresolved[]): readonly Unresolved[] | undefined {
  return problems.length > 0 ? problems : undefined;
}

/** Gateways, delegates and destinations that there are not. */
function virtualServiceReferences(sources: Sources, read: Reader, object: VirtualService): Unresolved[] {
  const namespace = object.metadata.namespace ?? "";
  const { gateways = [], http = [] } = object.spec ?? {};
  const problems: Unresolved[] = [];
  gateways.forEach((name, i) => {
    const key = gatewayName(name, namespace);
    if (key === MESH_GATEWAY || read.get(sources.inputs.gateways, key)) return;
    problems.push(missing("gateway", name, `spec.gateways[${i}]`, `there is no Gateway ${key}`, CREATE));
  });
  for (const { field, destination } of destinationsOf(object.spec ?? {})) {
    problems.push(...destinationReferences(sources, read, namespace, field, destination));
  }
  http.forEach(({ delegate }, i) => {
    if (!delegate) return;
    const key = `${delegate.namespace || namespace}/${delegate.name ?? ""}`;
    if (read.get(sources.inputs.virtualServices, key)) return;
    problems.push(missing("delegate", key, `spec.http[${i}].delegate`, `there is no VirtualService ${key}`, CREATE));
  });
  return problems;
}

function destinationReferences(
  { mesh }: Sources,
  read: Reader,
  namespace: string,
  field: string,
  destination: Destination,
): Unresolved[] {
  const settings = settingsOf(mesh, read);
  const host = resolveHost(destination.host, namespace, settings.clusterDomain);
  const service = findService(mesh.services, read, namespace, host);
  if (!service) {
    return [missingHost(`${field}.host`, destination.host, host, namespace)];
  }
  const problems: Unresolved[] = [];
  const port = destination.port?.number;
  const ports = service.ports.map(({ number }) => number);
  if (port && !ports.includes(port)) {
    const has = ports.length === 0 ? "no ports" : `port ${ports.join(", ")}`;
    const named = `${destination.host}:${port}`;
    problems.push(missing("port", named, `${field}.port.number`, `${host} has no port ${port}`, `it has ${has}`));
  }
  if (destination.subset) {
    const policy = destinationPolicy(mesh.destinationRules, read, settings, parseScope(namespace), service);
    if (!policy?.subsets.some(({ name }) => name === destination.subset)) {
      const message = `no DestinationRule for ${host} has the subset "${destination.subset}"`;
      const remedy = "add it to spec.subsets of a DestinationRule for the host";
      problems.push(missing("subset", `${destination.host}+${destination.subset}`, `${field}.subset`, message, remedy));
    }
  }
  return problems;
}

/** The host, where no service has it. A wildcard is for what may come. */
function destinationRuleReferences({ mesh }: Sources, read: Reader, object: DestinationRule): Unresolved[] {
  const namespace = object.metadata.namespace ?? "";
  const named = object.spec?.host ?? "";
  const host = resolveHost(named, namespace, settingsOf(mesh, read).clusterDomain);
  if (host.includes("*") || findService(mesh.services, read, namespace, host)) return [];
  return [missingHost("spec.host", named, host, namespace)];
}

const CREATE = "create it, or correct the name";

function missingHost(field: string, named: string, host: string, namespace: string): Unresolved {
  const message = `no service has the host ${host}, as namespace ${namespace} sees it`;
  return missing("host", named, field, message, "create a Service or a ServiceEntry for it, or correct the name");
}

function missing(what: Unresolved["what"], named: string, field: string, message: string, remedy: string): Unresolved {
  return { code: NOT_FOUND.code, field, message, remedy, what, named };
}

/** A condition for people and `kubectl wait`, and Istio's own messages. */
function wireStatuses<T extends KubeObject>(
  graph: Graph,
  type: ResourceType,
  objects: Collection<T>,
  problems: Collection<readonly Problem[]>,
): Collection<StatusRow> {
  return graph.derive<readonly Problem[], StatusRow>(`${problems.name} as statuses`, problems, (key, found, read) => {
    const object = read.get(objects, key);
    if (!object) return undefined;
    const { name, namespace = "", generation = 0 } = object.metadata;
    const message = found.map((problem) => `${problem.field}: ${problem.message}; ${problem.remedy ?? ""}`).join("\n");
    const condition = { type: "ResolvedRefs", status: "False", reason: NOT_FOUND.name, message };
    return {
      type,
      namespace,
      name,
      status: {
        conditions: [{ ...condition, observedGeneration: generation }],
        validationMessages: found.map(() => ({ type: NOT_FOUND, level: "ERROR" })),
        observedGeneration: generation,
      },
    };
  });
}
