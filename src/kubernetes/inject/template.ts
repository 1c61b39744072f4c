/** What both templates do to a pod. */
import type { Pod } from "../../kinds/core/pod.ts";
import { PROXY_CONTAINER } from "./proxy-container.ts";
import type { InjectSettings } from "./settings.ts";
import { proxyVolumes } from "./volumes.ts";
import { canonicalName, canonicalRevision, workloadOf } from "./workload-of.ts";

interface Added {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Names, for the record that injection leaves. */
  initContainers: readonly string[];
  containers: readonly string[];
}

export function withProxyMetadata(pod: Pod, settings: InjectSettings, added: Added): Pod {
  const labels = pod.metadata.labels ?? {};
  const first = pod.spec.containers.find(({ name }) => name !== PROXY_CONTAINER)?.name;
  const main =
    first === undefined
      ? {}
      : {
          "kubectl.kubernetes.io/default-container": first,
          "kubectl.kubernetes.io/default-logs-container": first,
        };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...labels,
        "service.istio.io/canonical-name": canonicalName(labels, workloadOf(pod.metadata).name),
        "service.istio.io/canonical-revision": canonicalRevision(labels),
        ...added.labels,
      },
      annotations: {
        "istio.io/rev": settings.revision,
        ...main,
        ...pod.metadata.annotations,
        ...added.annotations,
        "sidecar.istio.io/status": JSON.stringify({
          initContainers: added.initContainers,
          containers: added.containers,
          volumes: proxyVolumes.map(({ name }) => name),
          imagePullSecrets: null,
          revision: settings.revision,
        }),
      },
    },
  };
}

export function withVolumes(pod: Pod): Pod {
  const own = pod.spec.volumes ?? [];
  const missing = proxyVolumes.filter(({ name }) => own.every((volume) => volume.name !== name));
  return { ...pod, spec: { ...pod.spec, volumes: [...own, ...missing] } };
}
