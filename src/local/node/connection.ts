/** The node as a client of the API: who it is, and the one call that a store does not have. */
import { join } from "node:path";
import { ClusterStore } from "../../store/cluster/cluster-store.ts";
import { Http } from "../../store/cluster/http.ts";
import { kubeconfigConnection } from "../../store/cluster/kubeconfig.ts";
import type { Store } from "../../store/store.ts";
import type { NodeHome } from "./home.ts";
import type { TokenIssuer } from "./volumes/tokens.ts";

export interface NodeConnection {
  store: Store;
  issueToken: TokenIssuer;
}

/** From the kubeconfig that the API server writes for the node, by its unix socket: its port may change, that does not. */
export async function connectNode(home: NodeHome): Promise<NodeConnection> {
  const kubeconfig = await kubeconfigConnection(join(home.run, "node.kubeconfig"));
  const connection = { ...kubeconfig, socketPath: home.apiSocket };
  const http = new Http(connection);
  return {
    store: new ClusterStore(connection),
    issueToken: async (namespace, serviceAccount, spec) => {
      const account = [namespace, "serviceaccounts", serviceAccount].map(encodeURIComponent).join("/");
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec };
      const path = `/api/v1/namespaces/${account}/token`;
      const { token, expirationTimestamp } = statusOf(await http.json({ method: "POST", path, body }));
      return { token: String(token ?? ""), expirationTimestamp: String(expirationTimestamp ?? "") };
    },
  };
}

function statusOf(answer: unknown): { token?: unknown; expirationTimestamp?: unknown } {
  if (typeof answer !== "object" || answer === null || !("status" in answer)) return {};
  return typeof answer.status === "object" && answer.status !== null ? answer.status : {};
}
