/**
 * The `values` that an installation honours: Istio's names, and what they mean is Istio's too. Those of Istio's that
 * are not here are in unsupported.ts, each with what to do instead. What has a default is in value-defaults.ts.
 */
import { Type } from "typebox";
import { EnvVar, Lifecycle, VolumeMount } from "../../kinds/core/container.ts";
import {
  anything,
  anythings,
  bool,
  int,
  intOrText,
  LabelSelector,
  list,
  oneOf,
  quantities,
  shape,
  text,
  textMap,
  texts,
} from "../../kinds/core/shape.ts";
import { Volume } from "../../kinds/core/volume.ts";
import { Toleration } from "./kubernetes-schema.ts";

const count = Type.Integer({ minimum: 0 });
const Resources = shape("Resources", {}, { requests: quantities, limits: quantities });
const Utilization = shape("TargetUtilization", {}, { targetAverageUtilization: int });
/** Values of environment variables, which YAML often takes for numbers or truth values. */
const Env = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]));
const tag = Type.Union([Type.String(), Type.Number()]);

const ProxyValues = shape(
  "Proxy",
  {
    image: text,
    clusterDomain: text,
    logLevel: text,
    includeIPRanges: text,
    excludeIPRanges: text,
    includeInboundPorts: text,
    excludeInboundPorts: text,
    includeOutboundPorts: text,
    excludeOutboundPorts: text,
    resources: Resources,
  },
  {
    holdApplicationUntilProxyStarts: bool,
    lifecycle: Lifecycle,
    componentLogLevel: text,
    autoInject: oneOf("enabled", "disabled"),
  },
);

const Global = shape(
  "Global",
  {
    hub: text,
    tag,
    istioNamespace: text,
    imagePullPolicy: oneOf("", "Always", "IfNotPresent", "Never"),
    imagePullSecrets: texts,
    logging: shape("Logging", { level: text }, {}),
    priorityClassName: text,
    meshID: text,
    network: text,
    multiCluster: shape("MultiCluster", { clusterName: text }, {}),
    configValidation: bool,
    defaultPodDisruptionBudget: shape("DefaultPodDisruptionBudget", { enabled: bool }, {}),
    proxy: ProxyValues,
  },
  {},
);

const scaling = { autoscaleEnabled: bool, autoscaleMin: count, autoscaleMax: count, cpu: Utilization };
const scheduling = { nodeSelector: textMap, tolerations: list(Toleration), podAnnotations: textMap };
const rollout = { rollingMaxSurge: intOrText, rollingMaxUnavailable: intOrText };
const families = { ipFamilyPolicy: text, ipFamilies: texts };

const Pilot = shape(
  "Pilot",
  {
    ...scaling,
    ...rollout,
    image: text,
    resources: Resources,
    env: Env,
    traceSampling: Type.Number(),
    seccompProfile: anything,
  },
  {
    ...scheduling,
    ...families,
    hub: text,
    tag,
    replicaCount: count,
    memory: Utilization,
    autoscaleBehavior: anything,
    affinity: anything,
    topologySpreadConstraints: anythings,
    envVarFrom: list(EnvVar),
    podLabels: textMap,
    deploymentLabels: textMap,
    serviceAnnotations: textMap,
    serviceAccountAnnotations: textMap,
    volumes: list(Volume),
    volumeMounts: list(VolumeMount),
  },
);
export type Pilot = Type.Static<typeof Pilot>;

const GatewayPort = shape(
  "GatewayPort",
  { name: text, port: int },
  { targetPort: int, nodePort: int, protocol: oneOf("TCP", "UDP", "SCTP"), appProtocol: text },
);

const Gateway = shape(
  "Gateway",
  {
    ...scaling,
    ...rollout,
    labels: textMap,
    ports: list(GatewayPort),
    resources: Resources,
    type: oneOf("LoadBalancer", "NodePort", "ClusterIP"),
    env: Env,
  },
  {
    ...scheduling,
    ...families,
    replicaCount: count,
    memory: Utilization,
    serviceAnnotations: textMap,
    loadBalancerIP: text,
    loadBalancerSourceRanges: texts,
    externalTrafficPolicy: oneOf("", "Cluster", "Local"),
    serviceAccount: shape("ServiceAccount", {}, { annotations: textMap }),
  },
);
export type GatewayValues = Type.Static<typeof Gateway>;

const Injection = shape(
  "SidecarInjectorWebhook",
  { enableNamespacesByDefault: bool, rewriteAppHTTPProbe: bool, reinvocationPolicy: oneOf("Never", "IfNeeded") },
  {
    neverInjectSelector: list(LabelSelector),
    alwaysInjectSelector: list(LabelSelector),
    injectedAnnotations: textMap,
    templates: textMap,
    defaultTemplates: texts,
  },
);

const RateLimit = shape(
  "RateLimit",
  {
    enabled: bool,
    replicaCount: count,
    resources: Resources,
    redis: shape("RateLimitRedis", { url: text, secretName: text }, {}),
  },
  {},
);

export const Values = shape(
  "Values",
  {
    global: Global,
    pilot: Pilot,
    rateLimit: RateLimit,
    sidecarInjectorWebhook: Injection,
    gateways: shape("Gateways", { "istio-ingressgateway": Gateway, "istio-egressgateway": Gateway }, {}),
    base: shape("Base", { enableIstioConfigCRDs: bool }, { excludedCRDs: texts }),
    meshConfig: anything,
    defaultRevision: text,
    revision: text,
    revisionTags: texts,
  },
  {},
);
export type Values = Type.Static<typeof Values>;
