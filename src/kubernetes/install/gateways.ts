/** Gateways that an installation deploys: for Gateways of networking.istio.io, which select them by their labels. */
import { classicGateway } from "../../control-plane/gateways/ingress-gateway.ts";
import type { KubeObject } from "../../store/object.ts";
import { gatewayPodTemplate } from "../inject/gateway-pod.ts";
import { PROXY_CONTAINER } from "../inject/proxy-container.ts";
import { injectSettings } from "./inject-settings.ts";
import type { Installation } from "./installation.ts";
import { type ComponentName, revisionLabels } from "./names.ts";
import type { GatewayComponentSpec } from "./operator-schema.ts";
import { patched } from "./patch.ts";
import { autoscaler, disruptionBudget, replicas, scalingOf } from "./scaling.ts";
import type { GatewayValues, Values } from "./values-schema.ts";

export type GatewayKind = Extract<ComponentName, "IngressGateways" | "EgressGateways">;

export function gatewayObjects(
  installation: Installation,
  kind: GatewayKind,
  component: GatewayComponentSpec,
): KubeObject[] {
  const { gateways, global } = installation.values;
  const common = gateways[kind === "IngressGateways" ? "istio-ingressgateway" : "istio-egressgateway"];
  const values = scalingOf(common, component.k8s);
  const { name, label = {}, namespace = installation.namespace } = component;
  const labels = { ...values.labels, ...label };
  const ours = revisionLabels(installation, kind);
  const settings = injectSettings(installation, component);
  const objects = classicGateway({ name, namespace, labels, ports: values.ports, type: values.type }, (request) =>
    gatewayPodTemplate(
      { ...request, labels: { ...request.labels, ...ours }, annotations: { ...values.podAnnotations } },
      settings,
    ),
  );
  const metadata = { name, namespace, labels: { ...labels, ...ours } };
  return [
    ...objects.map(({ object }) =>
      patched(patched(object, { metadata: { labels: ours } }), changes(object.kind, values, global)),
    ),
    ...autoscaler(metadata, values),
    ...disruptionBudget(metadata, labels, values, global),
  ];
}

/** What values say of an object beyond what every gateway is. */
function changes(kind: string, values: GatewayValues, global: Values["global"]): object {
  switch (kind) {
    case "ServiceAccount":
      return {
        ...annotated(values.serviceAccount?.annotations),
        ...(global.imagePullSecrets.length > 0 && {
          imagePullSecrets: global.imagePullSecrets.map((name) => ({ name })),
        }),
      };
    case "Deployment":
      return { spec: { ...replicas(values), template: { spec: podChanges(values, global) } } };
    default:
      return { ...annotated(values.serviceAnnotations), spec: serviceChanges(values) };
  }
}

function annotated(annotations: Record<string, string> | undefined): object {
  return annotations ? { metadata: { annotations } } : {};
}

function podChanges(values: GatewayValues, { priorityClassName }: Values["global"]): object {
  const { nodeSelector, tolerations, resources, env } = values;
  const proxy = {
    name: PROXY_CONTAINER,
    // Not laid over the sidecars', which are others.
    resources: { $patch: "replace", ...resources },
    env: Object.entries(env).map(([name, value]) => ({ name, value: String(value) })),
  };
  return {
    ...(priorityClassName !== "" && { priorityClassName }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    containers: [proxy],
  };
}

function serviceChanges(values: GatewayValues): object {
  const { loadBalancerIP, loadBalancerSourceRanges, externalTrafficPolicy, ipFamilyPolicy, ipFamilies } = values;
  return {
    ...(loadBalancerIP && { loadBalancerIP }),
    ...(loadBalancerSourceRanges && { loadBalancerSourceRanges }),
    ...(externalTrafficPolicy && { externalTrafficPolicy }),
    ...(ipFamilyPolicy && { ipFamilyPolicy }),
    ...(ipFamilies && { ipFamilies }),
  };
}
