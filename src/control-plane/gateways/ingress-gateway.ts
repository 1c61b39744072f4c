import { deploymentKind } from "../../kinds/core/deployment.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import { type DeployedObject, type GatewayPod, object } from "./gateway-objects.ts";

const NAME = "istio-ingressgateway";

/**
 * The gateway that Gateways of networking.istio.io select by `istio: ingressgateway`, as Istio's demo profile installs
 * it: Envoy listens on unprivileged ports, the Service has the well-known ones.
 */
export function ingressGatewayObjects(namespace: string, pod: GatewayPod): DeployedObject[] {
  const labels = { app: NAME, istio: "ingressgateway" };
  const metadata = (name: string) => ({ name, namespace, labels });
  const serviceAccount = `${NAME}-service-account`;
  const template = pod({
    workload: NAME,
    namespace,
    serviceAccount,
    labels: {
      ...labels,
      "sidecar.istio.io/inject": "false",
      "service.istio.io/canonical-name": NAME,
      "service.istio.io/canonical-revision": "latest",
    },
    annotations: {},
  });
  const port = (name: string, number: number, targetPort: number) => ({
    name,
    port: number,
    targetPort,
    protocol: "TCP",
  });
  const ports = [port("status-port", 15021, 15021), port("http2", 80, 8080), port("https", 443, 8443)];
  return [
    object(serviceAccountKind.type, metadata(serviceAccount)),
    object(deploymentKind.type, metadata(NAME), { selector: { matchLabels: labels }, template }),
    object(serviceKind.type, metadata(NAME), { type: "LoadBalancer", selector: labels, ports }),
  ];
}
