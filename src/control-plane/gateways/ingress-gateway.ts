import { deploymentKind } from "../../kinds/core/deployment.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import { type DeployedObject, type GatewayPod, object } from "./gateway-objects.ts";

export interface ClassicGateway {
  name: string;
  namespace: string;
  /** By which Gateways of networking.istio.io select it, and its own Service its pods. */
  labels: Record<string, string>;
  ports: readonly object[];
  /** The Service's. */
  type: "LoadBalancer" | "NodePort" | "ClusterIP";
}

/**
 * A gateway that stands for itself, for Gateways of networking.istio.io to select: Envoy listens on unprivileged ports,
 * the Service has the well-known ones.
 */
export function classicGateway(gateway: ClassicGateway, pod: GatewayPod): DeployedObject[] {
  const { name, namespace, labels, ports, type } = gateway;
  const metadata = (own: string) => ({ name: own, namespace, labels });
  const serviceAccount = `${name}-service-account`;
  const template = pod({
    workload: name,
    namespace,
    serviceAccount,
    labels: {
      ...labels,
      "sidecar.istio.io/inject": "false",
      "service.istio.io/canonical-name": name,
      "service.istio.io/canonical-revision": "latest",
    },
    annotations: {},
  });
  return [
    object(serviceAccountKind.type, metadata(serviceAccount)),
    object(deploymentKind.type, metadata(name), { selector: { matchLabels: labels }, template }),
    object(serviceKind.type, metadata(name), { type, selector: labels, ports: [...ports] }),
  ];
}

const port = (name: string, number: number, targetPort: number) => ({
  name,
  port: number,
  targetPort,
  protocol: "TCP" as const,
});

export const STATUS_PORT = port("status-port", 15021, 15021);
export const WEB_PORTS = [port("http2", 80, 8080), port("https", 443, 8443)];

/** The gateway that Gateways select by `istio: ingressgateway`, as Istio installs it. */
export function ingressGatewayObjects(namespace: string, pod: GatewayPod): DeployedObject[] {
  const name = "istio-ingressgateway";
  const labels = { app: name, istio: "ingressgateway" };
  return classicGateway({ name, namespace, labels, ports: [STATUS_PORT, ...WEB_PORTS], type: "LoadBalancer" }, pod);
}
