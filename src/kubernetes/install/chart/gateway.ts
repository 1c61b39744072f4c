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
  {
    when: "$.Values.imagePullSecrets",
    yes: { global: { imagePullSecrets: each("$.Values.imagePullSecrets") } },
    no: {},
  },
  { when: "$.Values.global.network", yes: { global: { network: value("$.Values.global.network") } }, no: {} },
  { when: "$memory", yes: gateway({ memory: { targetAverageUtilization: number("$memory") } }), no: {} },
];

const HOLES = {
  global: {
    priorityClassName: maybe("$.Values.priorityClassName"),
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

const [SECRETS] = each("$.Values.imagePullSecrets");
/** In the record that injection leaves: a list in a text in a text. */
const SECRETS_TEXT = value('$.Values.imagePullSecrets | toJson | quote | trimAll "\\""');

/** What injection only takes from a list of words is filled in afterwards, and what it writes into texts. */
function withWords(object: KubeObject): KubeObject {
  const filled: KubeObject = JSON.parse(JSON.stringify(object), (name, part: unknown) => {
    if (name === "imagePullPolicy") return maybe("$.Values.imagePullPolicy");
    if (typeof part === "string") return part.replace(`["${SECRETS}"]`, SECRETS_TEXT);
    if (name !== "args" || !Array.isArray(part)) return part;
    return part.with(part.indexOf("--log-level") + 1, value("$.Values.global.proxy.logLevel"));
  });
  return filled;
}
