/** Pods as workloads of the mesh. */
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import { durationMs } from "../kinds/istio/duration.ts";
import type { MeshInputs } from "./inputs.ts";
import type { PodObject } from "./kubernetes.ts";
import { labelTexts } from "./labels.ts";
import type { Labels, Workload } from "./model.ts";

export interface Workloads {
  /** Key `namespace/name` of the pod. */
  rows: Collection<Workload>;
  byAddress: Index<Workload>;
  /** Bucket `namespace/serviceAccount`. */
  byServiceAccount: Index<Workload>;
  byNamespace: Index<Workload>;
  /** Bucket `namespace/key=value`, one for each label. */
  byLabel: Index<Workload>;
  /** Bucket `namespace/workload`: the replicas. */
  byWorkload: Index<Workload>;
}

export function wireWorkloads(graph: Graph, inputs: Pick<MeshInputs, "pods">): Workloads {
  const rows = graph.derive("workloads", inputs.pods, (_key, pod) => workloadOf(pod));
  return {
    rows,
    byAddress: graph.index(rows, "address", (row) => row.addresses),
    byServiceAccount: graph.index(rows, "service account", (row) => [`${row.namespace}/${row.serviceAccount}`]),
    byNamespace: graph.index(rows, "namespace", (row) => [row.namespace]),
    byLabel: graph.index(rows, "label", (row) => labelTexts(row.labels).map((label) => `${row.namespace}/${label}`)),
    byWorkload: graph.index(rows, "workload", (row) => [`${row.namespace}/${row.workload}`]),
  };
}

export function workloadOf(pod: PodObject): Workload {
  const { name, namespace = "", labels = {}, annotations = {} } = pod.metadata;
  const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  const ips = (pod.status?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  const addresses = ips.length > 0 ? ips : pod.status?.podIP ? [pod.status.podIP] : [];
  return {
    name,
    namespace,
    workload: ownerOf(pod),
    // The address of a pod that has ended may already be another's.
    addresses: ended ? [] : addresses,
    labels,
    serviceAccount: pod.spec?.serviceAccountName ?? "default",
    node: pod.spec?.nodeName ?? "",
    proxy: proxyOf(pod),
    interception: annotations["sidecar.istio.io/interceptionMode"] === "NONE" ? "NONE" : "REDIRECT",
    ...inboundPorts(annotations),
    ...(hasIdentitySocket(pod) && { identity: "Socket" }),
    locality: (labels["istio-locality"] ?? "").replaceAll(".", "/"),
  };
}

function inboundPorts(annotations: Labels): Pick<Workload, "captured" | "bypassed"> {
  const include = annotations["traffic.sidecar.istio.io/includeInboundPorts"]?.trim() ?? "*";
  const exclude = annotations["traffic.sidecar.istio.io/excludeInboundPorts"]?.trim() ?? "";
  const ports = (list: string): number[] =>
    list
      .split(",")
      .map(Number)
      .filter((port) => port > 0);
  return {
    ...(include !== "*" && { captured: ports(include) }),
    ...(exclude !== "" && { bypassed: ports(exclude) }),
  };
}

/** `reviews-v1` for a pod of the ReplicaSet `reviews-v1-66b6955995`, which a Deployment owns. */
function ownerOf(pod: PodObject): string {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller) ?? undefined;
  if (!owner) return pod.metadata.name;
  const hash = pod.metadata.labels?.["pod-template-hash"];
  if (owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return owner.name.slice(0, -hash.length - 1);
  }
  return owner.name;
}

const PROXY = "istio-proxy";

/** Where an agent that knows workloads by itself puts its socket into pods: Istio's path. */
const IDENTITY_SOCKET = /^(\/var)?\/run\/secrets\/workload-spiffe-uds\/?$/;

/** Whether the proxy has its certificate from an agent on the node: a volume says so. */
export function hasIdentitySocket(pod: Pick<PodObject, "spec">): boolean {
  return proxyContainer(pod)?.volumeMounts?.some(({ mountPath }) => IDENTITY_SOCKET.test(mountPath)) ?? false;
}

/** For how long the proxy's certificates are good, where the pod says so: Istio's variable of its proxy. */
export function certificateTtlMs(pod: PodObject): number | undefined {
  const text = proxyContainer(pod)?.env?.find(({ name }) => name === "SECRET_TTL")?.value;
  return text === undefined ? undefined : durationMs(text);
}

function proxyContainer({ spec }: Pick<PodObject, "spec">) {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find(({ name }) => name === PROXY);
}

/** A gateway is a pod that is nothing but a proxy. */
function proxyOf(pod: PodObject): Workload["proxy"] {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const templates = pod.metadata.annotations?.["inject.istio.io/templates"] ?? "";
  if (templates.split(",").some((template) => template.trim().endsWith("gateway"))) return "Gateway";
  if (pod.metadata.labels?.["gateway.networking.k8s.io/gateway-name"] !== undefined) return "Gateway";
  if (initContainers.some((container) => container.name === PROXY)) return "Sidecar";
  const main = containers.find((container) => container.name === PROXY);
  if (!main) return "None";
  return containers.length === 1 || main.args?.includes("router") ? "Gateway" : "Sidecar";
}
