/** What `lateen status` says of a mesh, gathered from a Kubernetes API as any client would. */
import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import type { KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";
import { PROXY_CONTAINER } from "./inject/proxy-container.ts";

export interface MeshStatus {
  gateways: { name: string; namespace: string; url: string }[];
  pods: PodLine[];
  proxies: { name: string; synced: boolean; rejections: number }[];
}

export interface PodLine {
  name: string;
  namespace: string;
  ready: string;
  status: string;
  restarts: number;
}

interface PodParts extends KubeObject {
  spec: { containers: { name: string }[]; initContainers?: { name: string; restartPolicy?: string }[] };
  status?: {
    phase?: string;
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string } };
}

interface ServiceParts extends KubeObject {
  spec: {
    type?: string;
    selector?: Record<string, string>;
    ports?: { name?: string; port: number; nodePort?: number }[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

/** A proxy in `/debug/syncz`, as far as it is shown here. */
export interface SyncedProxy {
  proxy: { namespace: string; pod: string };
  synced: boolean;
  types: { rejections: unknown[] }[];
}

const STATUS_PORT = 15021;

export interface MeshStatusOptions {
  store: Store;
  proxies: readonly SyncedProxy[];
  /** Where a node port is reached from here, where that is known. */
  nodeHost?: string;
  /** Pods without a proxy too. */
  allPods: boolean;
}

export async function meshStatus({ store, proxies, nodeHost, allPods }: MeshStatusOptions): Promise<MeshStatus> {
  const [pods, services] = await Promise.all([
    store.list<PodParts>(podKind.type),
    store.list<ServiceParts>(serviceKind.type),
  ]);
  return {
    gateways: gatewaysOf(pods.items, services.items, nodeHost),
    pods: pods.items.filter((pod) => allPods || containerNames(pod).has(PROXY_CONTAINER)).map(podLine),
    proxies: proxies.map(({ proxy, synced, types }) => ({
      name: `${proxy.pod}.${proxy.namespace}`,
      synced,
      rejections: types.reduce((sum, { rejections }) => sum + rejections.length, 0),
    })),
  };
}

function gatewaysOf(
  pods: readonly PodParts[],
  services: readonly ServiceParts[],
  nodeHost: string | undefined,
): MeshStatus["gateways"] {
  const gateways = pods.filter(
    ({ spec }) => spec.containers.length === 1 && spec.containers[0]?.name === PROXY_CONTAINER,
  );
  return services.flatMap((service) => {
    const { metadata, spec } = service;
    const selector = Object.entries(spec.selector ?? {});
    const leadsToGateway = gateways.some(
      (pod) =>
        selector.length > 0 &&
        pod.metadata.namespace === metadata.namespace &&
        selector.every(([key, value]) => pod.metadata.labels?.[key] === value),
    );
    const { name, namespace = "" } = metadata;
    const url = leadsToGateway ? urlOf(service, nodeHost) : undefined;
    return url === undefined ? [] : [{ name, namespace, url }];
  });
}

function urlOf({ metadata, spec, status }: ServiceParts, nodeHost: string | undefined): string | undefined {
  const ports = (spec.ports ?? []).filter((each) => each.port !== STATUS_PORT);
  const first = ports[0];
  if (!first) return undefined;
  if (nodeHost !== undefined) {
    const nodePort = ports.find((each) => each.nodePort !== undefined)?.nodePort;
    return nodePort === undefined ? undefined : `http://${nodeHost}:${nodePort}`;
  }
  const { ip, hostname } = status?.loadBalancer?.ingress?.[0] ?? {};
  const host = ip ?? hostname ?? `${metadata.name}.${metadata.namespace}`;
  return `http://${host}${first.port === 80 ? "" : `:${first.port}`}`;
}

/** Sidecars that are init containers and stay count as containers. */
function containerNames({ spec }: PodParts): Set<string> {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return new Set([...sidecars, ...spec.containers].map(({ name }) => name));
}

function podLine(pod: PodParts): PodLine {
  const { metadata, status } = pod;
  const names = containerNames(pod);
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const counted = all.filter(({ name }) => names.has(name));
  const waiting = all.find(({ state }) => state?.waiting?.reason !== undefined)?.state?.waiting?.reason;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    ready: `${counted.filter(({ ready }) => ready).length}/${names.size}`,
    status: metadata.deletionTimestamp ? "Terminating" : (waiting ?? status?.phase ?? "Pending"),
    restarts: counted.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
  };
}
