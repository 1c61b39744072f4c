import { type MeshStatus, meshStatus, type SyncedProxy } from "../kubernetes/mesh-status.ts";
import { ClusterStore } from "../store/cluster/cluster-store.ts";
import { Http } from "../store/cluster/http.ts";
import { kubeconfigConnection } from "../store/cluster/kubeconfig.ts";
import type { WorldFile } from "./world-file.ts";

export interface WorldStatus extends WorldFile, MeshStatus {}

/** What `lateen status` says of a running world. */
export async function worldStatus(world: WorldFile): Promise<WorldStatus> {
  const connection = await kubeconfigConnection(world.kubeconfig);
  const store = new ClusterStore(connection);
  const http = new Http(connection);
  try {
    const proxies = (await debugPage(http, "/debug/syncz")) as SyncedProxy[];
    return { ...world, ...(await meshStatus({ store, proxies, nodeHost: "127.0.0.1", allPods: true })) };
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
