import type { Pod } from "../../kinds/core/pod.ts";
import { mergeProxyConfig, PROXY_CONFIG, parseProxyConfig } from "./proxy-config.ts";
import type { InjectSettings } from "./settings.ts";

/** Annotations of Istio's that a sidecar here goes without, and why nothing is lost by it. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  "sidecar.istio.io/agentLogLevel": "there is no agent beside Envoy",
  "sidecar.istio.io/statsInclusionPrefixes": "Envoy keeps the mesh's metrics only",
  "sidecar.istio.io/statsInclusionSuffixes": "Envoy keeps the mesh's metrics only",
  "sidecar.istio.io/statsInclusionRegexps": "Envoy keeps the mesh's metrics only",
  "sidecar.istio.io/extraStatTags": "the labels of metrics are those of the mesh",
  "sidecar.istio.io/statsCompression": "metrics are not compressed",
  "readiness.status.sidecar.istio.io/applicationPorts": "a proxy is ready when it has its configuration",
};

/** What a user should know of a pod that is injected nevertheless. */
export function injectionWarnings(pod: Pod, settings: InjectSettings): string[] {
  const annotations = pod.metadata.annotations ?? {};
  const config = annotations[PROXY_CONFIG];
  const own = { ...settings.proxyConfig, ignored: [] };
  const { ignored } = config === undefined ? own : mergeProxyConfig(own, parseProxyConfig(config));
  const known = Object.entries(WITHOUT_EFFECT).filter(([name]) => annotations[name] !== undefined);
  return [
    ...known.map(([name, why]) => `annotation ${name} has no effect: ${why}`),
    ...ignored.map((name) => `annotation ${PROXY_CONFIG}: ${name} has no effect here`),
  ];
}
