/** values.yaml of each chart: what profile default says, where the chart's templates look for it. */
import { at, mergeTrees, type Tree, treeAt } from "../tree.ts";
import { yamlOf } from "../yaml.ts";

const HEADER = "# What each means is in docs/install.md.\n";

export function baseValues(spec: Tree): string {
  const values = treeAt(spec, "values");
  return written({
    // The revision that validates objects that name none; empty: they are not validated.
    defaultRevision: "default",
    base: { enableIstioConfigCRDs: at(values, "base", "enableIstioConfigCRDs") },
    global: { configValidation: at(values, "global", "configValidation") },
  });
}

export function istiodValues(spec: Tree): string {
  const { global, pilot, rateLimit, sidecarInjectorWebhook } = treeAt(spec, "values");
  const { hub, tag } = spec;
  return written({
    revision: "",
    revisionTags: [],
    global: mergeTrees({ hub, tag }, treeAt({ global }, "global")),
    pilot,
    rateLimit,
    sidecarInjectorWebhook,
    meshConfig: {},
  });
}

export function gatewayValues(spec: Tree): string {
  const { hub, tag } = spec;
  const global = treeAt(spec, "values", "global");
  const gateway = treeAt(spec, "values", "gateways", "istio-ingressgateway");
  return written({
    // By default those of the release.
    name: "",
    revision: "",
    // By default app and istio, from the name.
    labels: {},
    service: { type: gateway.type, ports: gateway.ports, annotations: {} },
    autoscaling: {
      enabled: gateway.autoscaleEnabled,
      minReplicas: gateway.autoscaleMin,
      maxReplicas: gateway.autoscaleMax,
      targetCPUUtilizationPercentage: at(gateway, "cpu", "targetAverageUtilization"),
    },
    resources: gateway.resources,
    rollingMaxSurge: gateway.rollingMaxSurge,
    rollingMaxUnavailable: gateway.rollingMaxUnavailable,
    env: {},
    podAnnotations: {},
    serviceAccount: { annotations: {} },
    nodeSelector: {},
    tolerations: [],
    imagePullPolicy: global.imagePullPolicy,
    imagePullSecrets: [],
    priorityClassName: "",
    global: {
      hub,
      tag,
      istioNamespace: "istio-system",
      network: global.network,
      multiCluster: global.multiCluster,
      proxy: { clusterDomain: at(global, "proxy", "clusterDomain"), logLevel: at(global, "proxy", "logLevel") },
    },
  });
}

function written(values: Tree): string {
  return HEADER + yamlOf([values]);
}
