/** What both templates do to a pod. */
import type { Pod } from "../../kinds/core/pod.ts";
import { PROXY_CONTAINER } from "./proxy-container.ts";
import type { InjectSettings } from "./settings.ts";
import { volumesFor } from "./volumes.ts";
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
  const annotations = pod.metadata.annotations ?? {};
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
        ...annotations,
        ...settings.injectedAnnotations,
        ...added.annotations,
        "sidecar.istio.io/status": JSON.stringify({
          initContainers: added.initContainers,
          containers: added.containers,
          volumes: volumesFor(annotations).map(({ name }) => name),
          imagePullSecrets: settings.imagePullSecrets.length > 0 ? settings.imagePullSecrets : null,
          revision: settings.revision,
        }),
      },
    },
  };
}

/** Also the Secrets to pull the proxy's image with. */
export function withVolumes(pod: Pod, settings: InjectSettings): Pod {
  const { volumes = [], imagePullSecrets = [] } = pod.spec;
  const missing = volumesFor(pod.metadata.annotations ?? {}).filter(
    ({ name }) => !volumes.some((volume) => volume.name === name),
  );
  const secrets = settings.imagePullSecrets.filter((name) => !imagePullSecrets.some((secret) => secret.name === name));
  return {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: [...volumes, ...missing],
      ...(secrets.length > 0 && { imagePullSecrets: [...imagePullSecrets, ...secrets.map((name) => ({ name }))] }),
    },
  };
}
