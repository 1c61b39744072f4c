import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import { kindOf, type Source } from "./sources.ts";

const PORTS = [80, 443, 8080, 8443, 15443, 31400];
const HOLDERS_OF_PODS = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "Job"];

/**
 * The gateways that an installation brings, for files that are looked at without a cluster: who writes a Gateway for
 * them does not write them too. Only as far as such files say at all which pods and which Services there are.
 */
export function defaultGateways(sources: readonly Source[]): Source[] {
  const kinds = new Set(sources.map(({ object }) => kindOf(object)?.type.kind));
  const pods = HOLDERS_OF_PODS.some((kind) => kinds.has(kind));
  const services = kinds.has(serviceKind.type.kind);
  return ["ingressgateway", "egressgateway"].flatMap((istio) => {
    const metadata = { name: `istio-${istio}`, namespace: SYSTEM_NAMESPACE, labels: { app: `istio-${istio}`, istio } };
    const ports = PORTS.map((port) => ({ name: `tcp-${port}`, port, targetPort: port, protocol: "TCP" }));
    const service = { apiVersion: "v1", kind: "Service", metadata, spec: { selector: metadata.labels, ports } };
    const pod = {
      apiVersion: "v1",
      kind: podKind.type.kind,
      metadata,
      spec: { containers: [{ name: "istio-proxy" }] },
    };
    return [...(pods ? [{ object: pod }] : []), ...(services ? [{ object: service }] : [])];
  });
}
