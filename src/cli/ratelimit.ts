import { pino } from "pino";
import { ROOT_CERT_PATH, TOKEN_PATH } from "../kubernetes/inject/volumes.ts";
import { environmentOf, ofRevision } from "../kubernetes/istiod/environment.ts";
import { withoutRepetition } from "../kubernetes/istiod/troubles.ts";
import { type Limiter, startLimiter } from "../rate-limiter/limiter.ts";
import { meshCertificate } from "../rate-limiter/mesh-certificate.ts";
import { ClusterStore } from "../store/cluster/cluster-store.ts";
import { inClusterConnection } from "../store/cluster/in-cluster.ts";

export interface RatelimitOptions {
  /** Else of the revision that the pod's environment names. */
  discoveryAddress?: string;
}

/** `lateen ratelimit`: the service that counts Global rate limits, in its pod, until SIGTERM. */
export async function ratelimit({ discoveryAddress }: RatelimitOptions): Promise<void> {
  const log = withoutRepetition(pino({ base: null, formatters: { level: (level) => ({ level }) } }));
  const { revision, namespace } = environmentOf(process.env);
  const ending = new AbortController();
  let limiter: Limiter | undefined;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({}, "stops");
      ending.abort();
      void (limiter?.close() ?? Promise.resolve()).then(() => process.exit(0));
    });
  }
  const identity = await meshCertificate({
    controlPlane: discoveryAddress ?? `${ofRevision("istiod", revision)}.${namespace}.svc:15012`,
    rootFile: ROOT_CERT_PATH,
    tokenFile: TOKEN_PATH,
    signal: ending.signal,
    onError: (error) => log.warn({ error: String(error) }, "asking for a certificate"),
  });
  const redis = process.env.REDIS_URL;
  limiter = await startLimiter({
    store: new ClusterStore(await inClusterConnection()),
    identity,
    namespace,
    meshConfigMap: ofRevision("istio", revision),
    ...(redis && { redis }),
    log,
  });
}
