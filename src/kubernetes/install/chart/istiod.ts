import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import { limiter } from "../limiter.ts";
import { pilotObjects } from "../pilot/objects.ts";
import { tagInjector } from "../webhooks.ts";
import { choose } from "./choose.ts";
import { each, eachField, json, list, map, maybe, number, value, yaml } from "./hole.ts";
import { BY_REVISION, byFlag, type Condition, variants } from "./variants.ts";

const CONDITIONS: readonly Condition[] = [
  BY_REVISION,
  byFlag("pilot", "autoscaleEnabled"),
  byFlag("global", "configValidation"),
  byFlag("sidecarInjectorWebhook", "enableNamespacesByDefault"),
  {
    when: "and $.Values.global.defaultPodDisruptionBudget.enabled (gt (int $fewest) 1)",
    yes: { global: { defaultPodDisruptionBudget: { enabled: true } } },
    no: { global: { defaultPodDisruptionBudget: { enabled: false } } },
  },
  { when: "$memory", yes: { pilot: { memory: { targetAverageUtilization: number("$memory") } } }, no: {} },
  {
    when: "$.Values.pilot.topologySpreadConstraints",
    yes: { pilot: { topologySpreadConstraints: list("$.Values.pilot.topologySpreadConstraints") } },
    no: {},
  },
];

const HOLES = {
  global: {
    imagePullPolicy: maybe("$.Values.global.imagePullPolicy"),
    imagePullSecrets: each("$.Values.global.imagePullSecrets"),
    priorityClassName: maybe("$.Values.global.priorityClassName"),
    logging: { level: value("$.Values.global.logging.level") },
    multiCluster: { clusterName: value("$.Values.global.multiCluster.clusterName") },
    proxy: { clusterDomain: value("$.Values.global.proxy.clusterDomain") },
  },
  sidecarInjectorWebhook: { reinvocationPolicy: value("$.Values.sidecarInjectorWebhook.reinvocationPolicy") },
  pilot: {
    image: value("$.Values.pilot.image"),
    autoscaleMin: number("$least"),
    autoscaleMax: number("$most"),
    replicaCount: number("$replicas"),
    cpu: { targetAverageUtilization: number("$cpu") },
    rollingMaxSurge: value("$.Values.pilot.rollingMaxSurge"),
    rollingMaxUnavailable: value("$.Values.pilot.rollingMaxUnavailable"),
    resources: {
      requests: { cpu: null, memory: null, ...map("$.Values.pilot.resources.requests") },
      limits: map("$.Values.pilot.resources.limits"),
    },
    env: eachField("$.Values.pilot.env"),
    traceSampling: value("$.Values.pilot.traceSampling | toString"),
    autoscaleBehavior: map("$.Values.pilot.autoscaleBehavior"),
    nodeSelector: map("$.Values.pilot.nodeSelector"),
    seccompProfile: { type: null, ...map("$.Values.pilot.seccompProfile") },
    affinity: map("$.Values.pilot.affinity"),
    tolerations: list("$.Values.pilot.tolerations"),
    envVarFrom: list("$.Values.pilot.envVarFrom"),
    volumes: list("$.Values.pilot.volumes"),
    volumeMounts: list("$.Values.pilot.volumeMounts"),
    podAnnotations: map("$.Values.pilot.podAnnotations"),
    podLabels: map("$.Values.pilot.podLabels"),
    deploymentLabels: map("$.Values.pilot.deploymentLabels"),
    serviceAnnotations: map("$.Values.pilot.serviceAnnotations"),
    serviceAccountAnnotations: map("$.Values.pilot.serviceAccountAnnotations"),
    ipFamilyPolicy: maybe("$.Values.pilot.ipFamilyPolicy"),
    ipFamilies: list("$.Values.pilot.ipFamilies"),
  },
};

export const ISTIOD_HEADER = `{{- $revision := $.Values.revision | default "default" }}
{{- $suffix := ternary "" (printf "-%s" $revision) (eq $revision "default") }}
{{- $hub := $.Values.pilot.hub | default $.Values.global.hub }}
{{- $tag := $.Values.pilot.tag | default $.Values.global.tag }}
{{- $replicas := $.Values.pilot.replicaCount }}
{{- $least := $.Values.pilot.autoscaleMin }}
{{- $most := $.Values.pilot.autoscaleMax }}
{{- $cpu := $.Values.pilot.cpu.targetAverageUtilization }}
{{- $memory := ($.Values.pilot.memory).targetAverageUtilization }}
{{- $fewest := ternary $least $replicas $.Values.pilot.autoscaleEnabled | default 1 }}
{{- $proxyConfig := dict "discoveryAddress" (printf "istiod%s.%s.svc:15012" $suffix $.Release.Namespace) }}
{{- with $.Values.global.meshID }}{{ $_ := set $proxyConfig "meshId" . }}{{ end }}
{{- $mesh := dict "rootNamespace" $.Release.Namespace "trustDomain" "cluster.local" "defaultConfig" $proxyConfig }}
{{- with $.Values.global.proxy.clusterDomain }}{{ if ne . "cluster.local" }}{{ $_ := set $mesh "proxyDomain" . }}{{ end }}{{ end }}
{{- $mesh = mergeOverwrite $mesh (deepCopy $.Values.meshConfig) }}
{{- $global := merge (dict "istioNamespace" $.Release.Namespace "tag" ($.Values.global.tag | toString)) $.Values.global }}
{{- $injection := dict "revision" $revision "global" $global "pilot" (dict "env" $.Values.pilot.env) "sidecarInjectorWebhook" $.Values.sidecarInjectorWebhook }}
`;

/** The control plane. */
export function istiodTree(): unknown {
  return variants(CONDITIONS, HOLES, (installation) => pilotObjects(installation).map(withDocuments));
}

/** The service that counts Global rate limits. */
export function limiterTree(): unknown {
  const counts = (field: "url" | "secretName"): Condition => ({
    when: `$.Values.rateLimit.redis.${field}`,
    yes: { rateLimit: { redis: { [field]: value(`$.Values.rateLimit.redis.${field}`) } } },
    no: { rateLimit: { redis: { [field]: "" } } },
  });
  const rateLimit = {
    replicaCount: value("$.Values.rateLimit.replicaCount"),
    resources: {
      requests: { cpu: null, memory: null, ...map("$.Values.rateLimit.resources.requests") },
      limits: map("$.Values.rateLimit.resources.limits"),
    },
  };
  return variants(
    [counts("secretName"), counts("url")],
    { ...HOLES, revision: value("$revision"), rateLimit },
    limiter,
  );
}

/** Injection under one of the tags, which may be that of who names no revision. */
export function tagTree(): unknown {
  const conditions = [byFlag("sidecarInjectorWebhook", "enableNamespacesByDefault")];
  const holes = { ...HOLES, revision: value("$revision") };
  const named = (tag: string) =>
    variants(conditions, holes, ({ values, revision, namespace }) => [
      tagInjector(tag, { revision, namespace, ...values.sidecarInjectorWebhook }),
    ]);
  const tag = value("$tag");
  return choose('eq $tag "default"', named("default"), named(tag), (text) => text.replaceAll(tag, "default"));
}

/** What the ConfigMaps hold are whole documents: Helm makes them of the values, as pilot/config-maps.ts does. */
function withDocuments(object: KubeObject): KubeObject {
  const { kind, data } = object;
  if (kind !== "ConfigMap" || !isFields(data)) return object;
  return { ...object, data: "mesh" in data ? { ...data, mesh: yaml("$mesh") } : { values: json("$injection") } };
}
