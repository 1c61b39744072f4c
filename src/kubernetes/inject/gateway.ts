import type { Container } from "../../kinds/core/container.ts";
import type { Pod } from "../../kinds/core/pod.ts";
import { InjectionError } from "./error.ts";
import { mergeContainer } from "./merge-container.ts";
import { PROXY_CONTAINER, proxyContainer } from "./proxy-container.ts";
import { proxyOptions } from "./proxy-options.ts";
import type { InjectSettings } from "./settings.ts";
import { withProxyMetadata, withVolumes } from "./template.ts";
import { workloadOf } from "./workload-of.ts";

/**
 * Turns container `istio-proxy` (image `auto`) of a pod into an Envoy that stands at the mesh's edge: no redirection,
 * listeners only where Gateways ask for them.
 */
export function gatewayTemplate(pod: Pod, settings: InjectSettings): Pod {
  const written = pod.spec.containers.find(({ name }) => name === PROXY_CONTAINER);
  if (!written) {
    throw new InjectionError(
      "inject.istio.io/templates",
      'template "gateway" needs a container istio-proxy to fill in, and the pod has none',
      "add one with image: auto",
    );
  }
  const made = proxyContainer({
    type: "router",
    workload: workloadOf(pod.metadata).name,
    options: { ...proxyOptions(pod.metadata.annotations ?? {}, settings), interception: "NONE" },
    app: { probes: [], leaveSeconds: 0 },
    settings,
  });
  const replace = (container: Container): Container =>
    container.name === PROXY_CONTAINER ? mergeContainer(made, written) : container;
  const labelled = withProxyMetadata(pod, settings, {
    labels: {},
    annotations: {},
    initContainers: [],
    containers: [PROXY_CONTAINER],
  });
  const spec = {
    ...pod.spec,
    containers: pod.spec.containers.map(replace),
    securityContext: {
      ...pod.spec.securityContext,
      // Envoy is not root, and Gateways ask for ports such as 80.
      sysctls: pod.spec.securityContext?.sysctls ?? [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    },
  };
  return withVolumes({ ...labelled, spec }, settings);
}
