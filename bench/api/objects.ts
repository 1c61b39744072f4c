/** The mesh of the benchmark, as objects of a Kubernetes API: nothing of it runs, its pods are never scheduled. */
import { endpointSliceKind } from "../../src/kinds/core/endpoint-slice.ts";
import { namespaceKind } from "../../src/kinds/core/namespace.ts";
import { podKind } from "../../src/kinds/core/pod.ts";
import { serviceKind } from "../../src/kinds/core/service.ts";
import { serviceAccountKind } from "../../src/kinds/core/service-account.ts";
import { virtualServiceKind } from "../../src/kinds/istio/virtual-service.ts";
import { createOnce } from "../../src/store/create-once.ts";
import type { KubeObject, ResourceType } from "../../src/store/object.ts";
import type { Store } from "../../src/store/store.ts";

export const NAMESPACE = "bench";

/** Requests on their way at a time. */
const AT_ONCE = 16;

export const serviceName = (index: number): string => `svc-${index}`;
export const podName = (index: number): string => `client-${index}`;
export const podAddress = (index: number): string => `10.244.${index >> 8}.${index & 255}`;

/** Creates what is not there yet: services `svc-N` on port 80 with two endpoints each, and the pods of the sidecars. */
export async function createMesh(store: Store, services: number, sidecars: number): Promise<void> {
  await createOnce(store, namespaceKind.type, object("v1", "Namespace", { name: NAMESPACE }));
  const account = { name: "default", namespace: NAMESPACE };
  await createOnce(store, serviceAccountKind.type, object("v1", "ServiceAccount", account));
  await forEach(services, async (index) => {
    await createOnce(store, serviceKind.type, service(index));
    await createOnce(store, endpointSliceKind.type, endpointSlice(index));
  });
  await forEach(sidecars, async (index) => {
    await createOnce(store, podKind.type, pod(index));
    const status = { phase: "Running", podIP: podAddress(index), podIPs: [{ ip: podAddress(index) }] };
    const name = { namespace: NAMESPACE, name: podName(index) };
    await store.patch(podKind.type, name, { type: "merge", body: { status } }, { subresource: "status" });
  });
}

/** Routes a service to itself with a timeout: an edit is another timeout. */
export function editVirtualService(store: Store, index: number, seconds: number): Promise<KubeObject> {
  const name = serviceName(index);
  return apply(store, virtualServiceKind.type, {
    ...object("networking.istio.io/v1", "VirtualService", { name, namespace: NAMESPACE }),
    spec: { hosts: [name], http: [{ timeout: `${seconds}s`, route: [{ destination: { host: name } }] }] },
  });
}

/** Moves one of a service's two endpoints to another address. */
export function moveEndpoint(store: Store, index: number, turn: number): Promise<KubeObject> {
  return apply(store, endpointSliceKind.type, endpointSlice(index, turn));
}

function apply(store: Store, type: ResourceType, body: KubeObject): Promise<KubeObject> {
  const { namespace = "", name } = body.metadata;
  return store.patch(type, { namespace, name }, { type: "apply", body }, { fieldManager: "bench", force: true });
}

function service(index: number): KubeObject {
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  return {
    ...object("v1", "Service", { name: serviceName(index), namespace: NAMESPACE }),
    spec: { selector: { app: serviceName(index) }, ports },
  };
}

function endpointSlice(index: number, turn = 0): KubeObject {
  const service = serviceName(index);
  const labels = { "kubernetes.io/service-name": service };
  const low = index & 255;
  return {
    ...object("discovery.k8s.io/v1", "EndpointSlice", { name: `${service}-1`, namespace: NAMESPACE, labels }),
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [`10.64.${index >> 8}.${low}`, `10.${128 + (turn & 63)}.${index >> 8}.${low}`].map((address) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
    })),
  };
}

/** Each pod is of a workload of its own, so that none is given what another uses. */
function pod(index: number): KubeObject {
  const name = podName(index);
  const metadata = { name, namespace: NAMESPACE, labels: { app: name, "security.istio.io/tlsMode": "istio" } };
  const container = (of: string) => ({ name: of, image: "none" });
  return {
    ...object("v1", "Pod", metadata),
    spec: { schedulerName: "none", containers: [container("app"), container("istio-proxy")] },
  };
}

function object(apiVersion: string, kind: string, metadata: KubeObject["metadata"]): KubeObject {
  return { apiVersion, kind, metadata };
}

/** Calls `work` for 0, 1, …, some of them at a time. */
export async function forEach(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
