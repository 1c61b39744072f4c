/** What `lateen status` says of a running world, gathered from its API as any client would. */
import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { ClusterStore } from "../store/cluster/cluster-store.ts";
import { Http } from "../store/cluster/http.ts";
import { kubeconfigConnection } from "../store/cluster/kubeconfig.ts";
import type { KubeObject } from "../store/object.ts";
import type { WorldFile } from "./world-file.ts";

export interface WorldStatus extends WorldFile {
  gateways: { name: string; namespace: string; url: string }[];
  pods: { name: string; namespace: string; ready: string; status: string; restarts: number }[];
  proxies: { name: string; synced: boolean; rejections: number }[];
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
}

/** A proxy in `/debug/syncz`, as far as it is shown here. */
export interface SyncedProxy {
  proxy: { namespace: string; pod: string };
  synced: boolean;
  types: { rejections: unknown[] }[];
}

const STATUS_PORT = 15021;

export async function worldStatus(world: WorldFile): Promise<WorldStatus> {
  const connection = await kubeconfigConnection(world.kubeconfig);
  const store = new ClusterStore(connection);
  const http = new Http(connection);
  try {
    const [pods, services, proxies] = await Promise.all([
      store.list<PodParts>(podKind.type),
      store.list<ServiceParts>(serviceKind.type),
      debugPage(http, "/debug/syncz"),
    ]);
    return {
      ...world,
      gateways: gatewaysOf(pods.items, services.items),
      pods: pods.items.map(podLine),
      proxies: (proxies as SyncedProxy[]).map(({ proxy, synced, types }) => ({
        name: `${proxy.pod}.${proxy.namespace}`,
        synced,
        rejections: types.reduce((sum, { rejections }) => sum + rejections.length, 0),
      })),
    };
  } finally {
    store.close();
    http.close();
  }
}

/** A page of the control plane's own account, through the API, which checks who asks. */
export function debugPage(http: Http, path: string): Promise<unknown> {
  const proxy = "/api/v1/namespaces/istio-system/services/http:istiod:15014/proxy";
  return http.json({ method: "GET", path: `${proxy}${path}` });
}

function gatewaysOf(pods: readonly PodParts[], services: readonly ServiceParts[]): WorldStatus["gateways"] {
  const gateways = pods.filter(
    ({ spec }) => spec.containers.length === 1 && spec.containers[0]?.name === "istio-proxy",
  );
  return services.flatMap(({ metadata, spec }) => {
    const selector = Object.entries(spec.selector ?? {});
    const leadsToGateway = gateways.some(
      (pod) =>
        selector.length > 0 &&
        pod.metadata.namespace === metadata.namespace &&
        selector.every(([key, value]) => pod.metadata.labels?.[key] === value),
    );
    const port = spec.ports?.find((each) => each.port !== STATUS_PORT && each.nodePort !== undefined);
    if (!leadsToGateway || !port) return [];
    const { name, namespace = "" } = metadata;
    return [{ name, namespace, url: `http://127.0.0.1:${port.nodePort}` }];
  });
}

function podLine({ metadata, spec, status }: PodParts): WorldStatus["pods"][number] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const names = new Set([...sidecars, ...spec.containers].map(({ name }) => name));
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
