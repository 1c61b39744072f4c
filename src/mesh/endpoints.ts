/** Where the services' ports are served: one row for each host and port. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { WorkloadEntry, WorkloadEntrySpec } from "../kinds/istio/workload-entry-schema.ts";
import type { MeshInputs } from "./inputs.ts";
import type { EndpointSliceObject } from "./kubernetes.ts";
import { labelTexts, selects } from "./labels.ts";
import type { Endpoint, EndpointGroup, Labels, Service, ServicePort, Workload } from "./model.ts";
import { entryTakesMutualTls, podTakesMutualTls } from "./security/meshed.ts";
import type { PeerAuthentications } from "./security/peer-authentication.ts";
import type { Services } from "./services.ts";
import type { Workloads } from "./workloads.ts";

interface Sources {
  inputs: Pick<MeshInputs, "services" | "serviceEntries">;
  workloads: Workloads;
  peers: PeerAuthentications;
  /** Bucket `namespace/service`. */
  slices: Index<EndpointSliceObject>;
  /** Bucket `namespace/key=value`. */
  entries: Index<WorkloadEntry>;
}

export interface Endpoints {
  /** Key `HOST|PORT`. */
  ofServices: Collection<EndpointGroup>;
  /** The same for ServiceEntries: read where no Kubernetes Service has the host. */
  ofEntries: Collection<EndpointGroup>;
}

export function wireEndpoints(
  graph: Graph,
  inputs: Pick<MeshInputs, "services" | "serviceEntries" | "endpointSlices" | "workloadEntries">,
  services: Services,
  workloads: Workloads,
  peers: PeerAuthentications,
): Endpoints {
  const sources: Sources = {
    inputs,
    workloads,
    peers,
    slices: graph.index(inputs.endpointSlices, "service", ({ metadata }) => {
      const service = metadata.labels?.["kubernetes.io/service-name"];
      return service === undefined ? [] : [`${metadata.namespace ?? ""}/${service}`];
    }),
    entries: graph.index(inputs.workloadEntries, "label", (entry) =>
      labelTexts(labelsOf(entry)).map((label) => `${entry.metadata.namespace ?? ""}/${label}`),
    ),
  };
  return {
    ofServices: graph.deriveMany<Service, EndpointGroup>(
      "endpoints",
      services.fromKubernetes.rows,
      (key, service, read) => service.ports.map((port) => group(service, port, kubernetes(sources, key, port, read))),
    ),
    ofEntries: graph.deriveMany<Service, EndpointGroup>(
      "endpoints of ServiceEntries",
      services.fromEntries.byHost,
      (_host, claims, read) => groupsOfClaims(sources, [...claims.values()], read),
    ),
  };
}

function group(service: Service, port: ServicePort, endpoints: Endpoint[]): [string, EndpointGroup] {
  const sorted = endpoints.sort((a, b) => (address(a) < address(b) ? -1 : 1));
  return [`${service.host}|${port.number}`, { host: service.host, port: port.number, endpoints: sorted }];
}

function address(endpoint: Endpoint): string {
  return `${endpoint.address}:${endpoint.port}`;
}

/** From EndpointSlices, and from WorkloadEntries that the Service selects. */
function kubernetes(sources: Sources, key: string, port: ServicePort, read: Reader): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of read.bucket(sources.slices, key).values()) {
    for (const endpoint of sliceEndpoints(sources, slice, port, read)) found.set(address(endpoint), endpoint);
  }
  const object = read.get(sources.inputs.services, key);
  const namespace = object?.metadata.namespace ?? "";
  const target = object?.spec?.ports?.find(({ port: number }) => number === port.number)?.targetPort;
  const meshed = meshedEntries(sources, namespace, read);
  for (const entry of selectedEntries(sources, namespace, object?.spec?.selector, read)) {
    const number = typeof target === "number" ? target : port.number;
    const endpoint = entryEndpoint(entrySpec(entry), namespace, port.name, number, entry.metadata.name, meshed);
    if (endpoint) found.set(address(endpoint), endpoint);
  }
  return [...found.values()];
}

function sliceEndpoints(sources: Sources, slice: EndpointSliceObject, port: ServicePort, read: Reader): Endpoint[] {
  const target = slice.ports?.find(({ name }) => (name ?? "") === port.name)?.port;
  if (!target || slice.addressType === "FQDN") return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const { ready, serving, terminating } = endpoint.conditions ?? {};
    const draining = ready === false && serving === true && terminating === true;
    if (ready === false && !draining) return [];
    const { targetRef } = endpoint;
    const namespace = targetRef?.namespace ?? slice.metadata.namespace ?? "";
    const pod =
      targetRef?.kind === "Pod" ? read.get(sources.workloads.rows, `${namespace}/${targetRef.name}`) : undefined;
    const health = draining ? "Draining" : "Healthy";
    const meshed = pod !== undefined && podTakesMutualTls(sources.peers, read, pod, target);
    return (endpoint.addresses ?? []).map((ip) => workloadEndpoint(ip, target, namespace, health, pod, meshed));
  });
}

function workloadEndpoint(
  ip: string,
  port: number,
  namespace: string,
  health: Endpoint["health"],
  workload: Workload | undefined,
  meshed: boolean,
): Endpoint {
  return {
    address: ip,
    port,
    labels: workload?.labels ?? {},
    health,
    locality: workload?.locality ?? "",
    weight: 1,
    workload: workload?.workload ?? "",
    namespace,
    serviceAccount: workload?.serviceAccount ?? "",
    meshed,
  };
}

/** Of ServiceEntries that claim one host those of the oldest one's namespace count, together. */
function groupsOfClaims(sources: Sources, claims: Service[], read: Reader): [string, EndpointGroup][] {
  const [first] = claims.sort((a, b) => a.createdAt - b.createdAt);
  const groups = new Map<string, { service: Service; port: ServicePort; endpoints: Endpoint[] }>();
  for (const service of claims.filter(({ namespace }) => namespace === first?.namespace)) {
    for (const port of service.ports) {
      const endpoints = entryEndpoints(sources, service, port, read);
      const known = groups.get(String(port.number));
      if (known) known.endpoints.push(...endpoints);
      else groups.set(String(port.number), { service, port, endpoints });
    }
  }
  return [...groups.values()].map(({ service, port, endpoints }) => group(service, port, endpoints));
}

/** The endpoints that a ServiceEntry lists, or the WorkloadEntries and pods that it selects. */
function entryEndpoints(sources: Sources, service: Service, port: ServicePort, read: Reader): Endpoint[] {
  const { namespace, name } = service.origin;
  const spec = read.get(sources.inputs.serviceEntries, `${namespace}/${name}`)?.spec;
  if (!spec || service.resolution === "DNS" || service.resolution === "DNSRoundRobin") return [];
  const target = port.targetPort ?? port.number;
  const meshed = meshedEntries(sources, namespace, read);
  const listed = (spec.endpoints ?? []).flatMap(
    (entry) => entryEndpoint(entry, namespace, port.name, target, name, meshed) ?? [],
  );
  const selector = spec.workloadSelector?.labels;
  const entries = selectedEntries(sources, namespace, selector, read).flatMap(
    (entry) => entryEndpoint(entrySpec(entry), namespace, port.name, target, entry.metadata.name, meshed) ?? [],
  );
  const pods = selectedPods(sources, namespace, selector, read).flatMap((pod) =>
    pod.addresses.map((ip) =>
      workloadEndpoint(ip, target, namespace, "Healthy", pod, podTakesMutualTls(sources.peers, read, pod, target)),
    ),
  );
  return [...listed, ...entries, ...pods];
}

function entryEndpoint(
  entry: WorkloadEntrySpec,
  namespace: string,
  portName: string,
  port: number,
  workload: string,
  isMeshed: (entry: WorkloadEntrySpec, port: number) => boolean,
): Endpoint | undefined {
  if (!entry.address) return undefined;
  const own = entry.address.startsWith("unix://") ? 0 : (entry.ports?.[portName] ?? port);
  return {
    address: entry.address,
    port: own,
    labels: entry.labels ?? {},
    health: "Healthy",
    locality: entry.locality ?? "",
    weight: entry.weight || 1,
    workload,
    namespace,
    serviceAccount: entry.serviceAccount ?? "",
    meshed: isMeshed(entry, own),
  };
}

function meshedEntries({ peers }: Sources, namespace: string, read: Reader) {
  return (entry: WorkloadEntrySpec, port: number): boolean => entryTakesMutualTls(peers, read, entry, namespace, port);
}

function labelsOf(entry: WorkloadEntry): Labels {
  return { ...entry.spec?.labels, ...entry.metadata.labels };
}

function entrySpec(entry: WorkloadEntry): WorkloadEntrySpec {
  return { ...entry.spec, labels: { ...labelsOf(entry) } };
}

/** Selected by looking under the first of the labels only, so that others' changes do not matter. */
function selectedEntries(
  sources: Sources,
  namespace: string,
  selector: Labels | undefined,
  read: Reader,
): WorkloadEntry[] {
  const [first] = labelTexts(selector ?? {});
  if (!selector || first === undefined) return [];
  const candidates = read.bucket(sources.entries, `${namespace}/${first}`);
  return [...candidates.values()].filter((entry) => selects(selector, labelsOf(entry)));
}

function selectedPods(sources: Sources, namespace: string, selector: Labels | undefined, read: Reader): Workload[] {
  const [first] = labelTexts(selector ?? {});
  if (!selector || first === undefined) return [];
  const candidates = read.bucket(sources.workloads.byLabel, `${namespace}/${first}`);
  return [...candidates.values()].filter((pod) => selects(selector, pod.labels));
}

/** The endpoints of a host's port that have the labels; undefined where there is no such host and port. */
export function endpointsOf(
  endpoints: Endpoints,
  read: Reader,
  host: string,
  port: number,
  labels: Labels,
): readonly Endpoint[] | undefined {
  const key = `${host}|${port}`;
  const group = read.get(endpoints.ofServices, key) ?? read.get(endpoints.ofEntries, key);
  return group?.endpoints.filter((endpoint) => selects(labels, endpoint.labels));
}
