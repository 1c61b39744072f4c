import { bootstrap, envoyArgs, KUBERNETES_POD } from "../../envoy/bootstrap.ts";
import type { ProxyOptions } from "./proxy-config.ts";
import type { ProxyRequest } from "./proxy-container.ts";
import { ROOT_CERT_PATH, TOKEN_PATH } from "./volumes.ts";

/** Envoy's command line, with what only the kubelet knows as `$(VAR)`. */
export function proxyArgs(request: ProxyRequest, { concurrency, logLevel }: ProxyOptions): string[] {
  const { type, workload, interception, settings } = request;
  const config = bootstrap({
    type,
    pod: KUBERNETES_POD,
    clusterDomain: settings.clusterDomain,
    xds: { address: settings.discoveryAddress, rootCertificate: ROOT_CERT_PATH, token: TOKEN_PATH },
    metadata: {
      CLUSTER_ID: settings.clusterId,
      INTERCEPTION_MODE: interception,
      MESH_ID: settings.trustDomain,
      NODE_NAME: "$(ISTIO_META_NODE_NAME)",
      SERVICE_ACCOUNT: "$(SERVICE_ACCOUNT)",
      WORKLOAD_NAME: workload,
    },
    ...(settings.socketMark === undefined ? {} : { socketMark: settings.socketMark }),
  });
  return envoyArgs(config, { concurrency, logLevel });
}
