import { ClusterStore } from "../store/cluster/cluster-store.ts";
import type { Connection } from "../store/cluster/connection.ts";
import { Http } from "../store/cluster/http.ts";
import { type TargetOption, targetOf } from "./target.ts";

export type ClusterOption = TargetOption;

export interface Cluster {
  connection: Connection;
  store: ClusterStore;
  http: Http;
}

/** Runs `work` against the API that is meant: see target.ts. */
export async function withCluster<T>(options: ClusterOption, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const { connection } = await targetOf(options);
  const cluster = { connection, store: new ClusterStore(connection), http: new Http(connection) };
  try {
    return await work(cluster);
  } finally {
    cluster.store.close();
    cluster.http.close();
  }
}

/** Where to look: --namespace, else what the kubeconfig says, else default. */
export function namespaceOf({ namespace }: { namespace?: string }, connection: Connection): string {
  return namespace ?? connection.namespace ?? "default";
}

/** `reviews-v1-abc.default`, or a name and a namespace apart. */
export function podName(text: string, namespace = "default"): { namespace: string; name: string } {
  const at = text.lastIndexOf(".");
  return at < 0 ? { name: text, namespace } : { name: text.slice(0, at), namespace: text.slice(at + 1) };
}
