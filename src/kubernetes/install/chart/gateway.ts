import type { KubeObject } from "../../../store/object.ts";
import { gatewayObjects } from "../gateways.ts";
import type { Tree } from "../tree.ts";
import { each, eachField, list, map, maybe, number, value } from "./hole.ts";
import { BY_REVISION, type Condition, variants } from "./variants.ts";

const gateway = (values: Tree): Tree => ({ gateways: { "istio-ingressgateway": values } });

const CONDITIONS: readonly Condition[] = [
  BY_REVISION,
  {
    when: "$.Values.autoscaling.enabled",
    yes: gateway({ autoscaleEnabled: true }),
    no: gateway({ autoscaleEnabled: false }),
  },
  {
    when: "gt (int $fewest) 1",
    yes: { global: { defaultPodDisruptionBudget: { enabled: true } } },
    no: { global: { defaultPodDisruptionBudget: { enabled: false } } },
  },
  { when: "$memory", yes: gateway({ memory: { targetAverageUtilization: number("$memory") } }), no: {} },
];

const HOLES = {
  global: {
    imagePullSecrets: each("$.Values.imagePullSecrets"),
    priorityClassName: maybe("$.Values.priorityClassName"),
    network: value("$.Values.global.network"),
    multiCluster: { clusterName: value("$.Values.global.multiCluster.clusterName") },
    proxy: {
      clusterDomain: value("$.Values.global.proxy.clusterDomain"),
    },
  },
  ...gateway({
    labels: { app: null, istio: null, ...map("$labels") },
    ports: list("$.Values.service.ports"),
    type: value("$.Values.service.type"),
    serviceAnnotations: map("$.Values.service.annotations"),
    loadBalancerIP: maybe("$.Values.service.loadBalancerIP"),
    loadBalancerSourceRanges: list("$.Values.service.loadBalancerSourceRanges"),
    externalTrafficPolicy: maybe("$.Values.service.externalTrafficPolicy"),
    ipFamilyPolicy: maybe("$.Values.service.ipFamilyPolicy"),
    ipFamilies: list("$.Values.service.ipFamilies"),
    serviceAccount: { annotations: map("$.Values.serviceAccount.annotations") },
    podAnnotations: map("$.Values.podAnnotations"),
    replicaCount: number("$replicas"),
    autoscaleMin: number("$least"),
    autoscaleMax: number("$most"),
    cpu: { targetAverageUtilization: number("$cpu") },
    resources: {
      requests: { cpu: null, memory: null, ...map("$.Values.resources.requests") },
      limits: { cpu: null, memory: null, ...map("$.Values.resources.limits") },
    },
    rollingMaxSurge: value("$.Values.rollingMaxSurge"),
    rollingMaxUnavailable: value("$.Values.rollingMaxUnavailable"),
    env: eachField("$.Values.env"),
    nodeSelector: map("$.Values.nodeSelector"),
    tolerations: list("$.Values.tolerations"),
  }),
};

export const GATEWAY_HEADER = `{{- $revision := $.Values.revision | default "default" }}
{{- $suffix := ternary "" (printf "-%s" $revision) (eq $revision "default") }}
{{- $name := $.Values.name | default $.Release.Name }}
{{- $labels := $.Values.labels | default (dict "app" $name "istio" (trimPrefix "istio-" $name)) }}
{{- $hub := $.Values.global.hub }}
{{- $tag := $.Values.global.tag }}
{{- $replicas := $.Values.replicaCount }}
{{- $least := $.Values.autoscaling.minReplicas }}
{{- $most := $.Values.autoscaling.maxReplicas }}
{{- $cpu := $.Values.autoscaling.targetCPUUtilizationPercentage }}
{{- $memory := $.Values.autoscaling.targetMemoryUtilizationPercentage }}
{{- $fewest := ternary $least $replicas $.Values.autoscaling.enabled | default 1 }}
`;

/** A gateway, with the values of Istio's chart of the same name. */
export function gatewayTree(): unknown {
  return variants(CONDITIONS, HOLES, (installation) => {
    const there = { ...installation, namespace: value("$.Values.global.istioNamespace") };
    const component = { name: value("$name"), namespace: installation.namespace };
    return gatewayObjects(there, "IngressGateways", component).map(withWords);
  });
}

/** What injection only takes from a list of words is filled in afterwards. */
function withWords(object: KubeObject): KubeObject {
  const hole = (text: string): string => `$1${JSON.stringify(text)}`;
  const filled: KubeObject = JSON.parse(
    JSON.stringify(object)
      .replaceAll(/("imagePullPolicy":)"[^"]*"/g, hole(maybe("$.Values.imagePullPolicy")))
      .replaceAll(/("--log-level",)"[^"]*"/g, hole(value("$.Values.global.proxy.logLevel"))),
  );
  return filled;
}
