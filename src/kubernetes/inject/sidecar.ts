import type { Pod } from "../../kinds/core/pod.ts";
import { initContainer } from "./init-container.ts";
import { interceptionOf } from "./interception.ts";
import { mergeContainer } from "./merge-container.ts";
import { proxyOptions } from "./proxy-config.ts";
import { PROXY_CONTAINER, proxyContainer } from "./proxy-container.ts";
import type { InjectSettings } from "./settings.ts";
import { withProxyMetadata, withVolumes } from "./template.ts";
import { workloadOf } from "./workload-of.ts";

/** Adds what redirects the pod's traffic, and Envoy as a native sidecar: it starts before the app and ends after it. */
export function sidecarTemplate(pod: Pod, settings: InjectSettings): Pod {
  const annotations = pod.metadata.annotations ?? {};
  const interception = interceptionOf(annotations);
  const mode = interception ? "REDIRECT" : "NONE";
  const made = proxyContainer({
    type: "sidecar",
    annotations,
    workload: workloadOf(pod.metadata).name,
    interception: mode,
    settings,
  });
  const { initContainers = [], containers } = pod.spec;
  const written = [...initContainers, ...containers].find(({ name }) => name === PROXY_CONTAINER);
  const proxy = { ...(written ? mergeContainer(made, written) : made), restartPolicy: "Always" as const };
  const init = interception ? [initContainer(interception, proxyOptions(annotations, settings), settings)] : [];
  const app = containers.filter(({ name }) => name !== PROXY_CONTAINER);
  const spec = {
    ...pod.spec,
    // First of all: the pod's own init containers may want the network too.
    initContainers: [...init, proxy, ...initContainers.filter(({ name }) => name !== PROXY_CONTAINER)],
    containers: app,
  };
  const labelled = withProxyMetadata(pod, settings, {
    labels: { "security.istio.io/tlsMode": pod.metadata.labels?.["security.istio.io/tlsMode"] ?? "istio" },
    annotations: { "sidecar.istio.io/interceptionMode": mode },
    initContainers: [...init, proxy].map(({ name }) => name),
    containers: [],
  });
  return withVolumes({ ...labelled, spec });
}
