import { hostname } from "node:os";
import { durationMs } from "../../kinds/istio/duration.ts";

/** Who this process is, as its pod's environment says. Istio's names. */
export interface Environment {
  revision: string;
  /** Of this process among its replicas. */
  podName: string;
  namespace: string;
  /** How long proxies' certificates live; undefined: as long as it is the default. */
  certificateTtlMs: number | undefined;
}

export function environmentOf(env: NodeJS.ProcessEnv): Environment {
  return {
    revision: env.REVISION || "default",
    podName: env.POD_NAME || hostname(),
    namespace: env.POD_NAMESPACE || "istio-system",
    certificateTtlMs: durationMs(env.DEFAULT_WORKLOAD_CERT_TTL ?? ""),
  };
}

/** `istiod`, or `istiod-canary`: how what is of a revision is named. */
export function ofRevision(name: string, revision: string): string {
  return revision === "default" ? name : `${name}-${revision}`;
}
