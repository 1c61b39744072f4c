/** The `values` of profile default: all that has a default has it here, and `lateen profile dump` prints it. */
import { STATUS_PORT, WEB_PORTS } from "../../control-plane/gateways/ingress-gateway.ts";
import { defaultInjectSettings } from "../inject/settings.ts";
import type { Values } from "./values-schema.ts";

const gateway = {
  autoscaleEnabled: true,
  autoscaleMin: 1,
  autoscaleMax: 5,
  cpu: { targetAverageUtilization: 80 },
  // An idle Envoy needs a tenth of this; autoscaling is by the share of what is requested.
  resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "2000m", memory: "1024Mi" } },
  rollingMaxSurge: "100%",
  rollingMaxUnavailable: "25%",
  env: {},
};

/** All but what the spec says at its top: hub, tag, namespace. */
export const defaultValues = {
  defaultRevision: "",
  revisionTags: [],
  meshConfig: {},
  base: { enableIstioConfigCRDs: true },
  global: {
    imagePullPolicy: "IfNotPresent",
    imagePullSecrets: [],
    logging: { level: "default:info" },
    priorityClassName: "",
    meshID: "",
    network: "",
    multiCluster: { clusterName: "Kubernetes" },
    configValidation: true,
    defaultPodDisruptionBudget: { enabled: true },
    proxy: {
      image: "proxyv2",
      clusterDomain: "cluster.local",
      logLevel: "warning",
      includeIPRanges: "*",
      excludeIPRanges: "",
      includeInboundPorts: "*",
      excludeInboundPorts: "",
      includeOutboundPorts: "",
      excludeOutboundPorts: "",
      resources: defaultInjectSettings.resources,
    },
  },
  pilot: {
    image: "pilot",
    autoscaleEnabled: true,
    autoscaleMin: 1,
    autoscaleMax: 5,
    cpu: { targetAverageUtilization: 80 },
    rollingMaxSurge: "100%",
    rollingMaxUnavailable: "25%",
    resources: { requests: { cpu: "200m", memory: "256Mi" } },
    env: {},
    traceSampling: 1,
    seccompProfile: { type: "RuntimeDefault" },
  },
  rateLimit: {
    enabled: false,
    replicaCount: 1,
    resources: { requests: { cpu: "50m", memory: "128Mi" } },
    redis: { url: "", secretName: "" },
  },
  sidecarInjectorWebhook: {
    enableNamespacesByDefault: false,
    rewriteAppHTTPProbe: true,
    reinvocationPolicy: "Never",
  },
  gateways: {
    "istio-ingressgateway": {
      ...gateway,
      labels: { app: "istio-ingressgateway", istio: "ingressgateway" },
      type: "LoadBalancer",
      ports: [STATUS_PORT, ...WEB_PORTS],
    },
    "istio-egressgateway": {
      ...gateway,
      labels: { app: "istio-egressgateway", istio: "egressgateway" },
      type: "ClusterIP",
      ports: WEB_PORTS,
    },
  },
} satisfies Omit<Values, "global" | "revision"> & { global: Omit<Values["global"], "hub" | "tag" | "istioNamespace"> };
