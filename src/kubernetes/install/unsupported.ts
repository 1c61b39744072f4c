/**
 * Fields of Istio's that an installation of Lateen does without. Those that change nothing here are noted and left
 * out; those that would install or secure something else are refused: half of what was asked for is worse than none.
 */
interface Unsupported {
  refused: boolean;
  why: string;
}

const NO_CNI = "traffic is redirected by an init container in each pod, there is no CNI plugin";
const NO_AMBIENT = "there is no ambient mode: pods have sidecars";
const NO_REMOTE = "the control plane runs in the cluster that it is for";
const NO_AGENT = "there is no agent beside Envoy";
const ONE_IMAGE = "there is one image of each part, without variants";
const OWN_CA = "the control plane is the CA; give it yours as Secret cacerts";
const NO_HELM = "the built-in manifests are the only ones";
const NOT_YET = "this is not there yet";
const JSON_LOGS = "the control plane always logs JSON";
const USE_TELEMETRY = "name the collector in meshConfig.extensionProviders and use a Telemetry";
const FIXED = "this is the same in every installation";
const USE_OVERLAY = "use components.*.k8s, or an overlay";
const ONE_BUNDLE = "the root is always in ConfigMap istio-ca-root-cert";
const ONE_PLACE = "the control plane is where spec.namespace says";
const INJECTED = "use annotations and labels of pods, or sidecarInjectorWebhook.templates";

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  [NO_CNI]: ["components.cni", "values.cni", "values.istio_cni", "values.pilot.cni", "values.pilot.taint"],
  [NO_AMBIENT]: ["components.ztunnel", "values.ztunnel", "values.global.waypoint"],
  [NO_REMOTE]: [
    "components.istiodRemote",
    "values.istiodRemote",
    "values.pilot.istiodRemote",
    "values.global.remotePilotAddress",
    "values.global.externalIstiod",
    "values.global.configCluster",
    "values.base.validationURL",
    "values.base.validationCABundle",
    "values.sidecarInjectorWebhook.injectionURL",
    "values.global.meshNetworks",
    "values.global.resourceScope",
  ],
  [OWN_CA]: ["values.global.pilotCertProvider", "values.global.caAddress", "values.global.caName"],
  [NO_HELM]: ["installPackagePath", "unvalidatedValues", "values.profile", "compatibilityVersion"],
  [NOT_YET]: [
    "values.global.networkPolicy",
    "values.experimental",
    "values.gatewayClasses",
    "values.pilot.crlConfigMapName",
  ],
  [ONE_BUNDLE]: ["values.global.trustBundleName"],
  [ONE_PLACE]: ["components.pilot.namespace"],
  [USE_OVERLAY]: [
    "values.pilot.extraContainerArgs",
    "values.pilot.jwksResolverExtraRootCA",
    "values.pilot.initContainers",
    "values.gateways.*.additionalContainers",
    "values.gateways.*.customService",
    "values.gateways.*.configVolumes",
    "values.gateways.*.secretVolumes",
    "values.gateways.*.injectionTemplate",
    "values.gateways.*.runAsRoot",
  ],
};

const NOTED: Readonly<Record<string, readonly string[]>> = {
  [NO_AGENT]: [
    "values.global.sds",
    "values.global.sts",
    "values.global.jwtPolicy",
    "values.global.mountMtlsCerts",
    "values.global.proxy.statusPort",
    "values.global.proxy.outlierLogPath",
    "values.global.proxy.enableCoreDump",
  ],
  [ONE_IMAGE]: [
    "values.global.variant",
    "values.global.proxy.variant",
    "values.pilot.variant",
    "values.global.agentgateway",
  ],
  [JSON_LOGS]: ["values.global.logAsJson"],
  [USE_TELEMETRY]: ["values.telemetry", "values.global.tracer", "values.global.proxy.tracer"],
  [FIXED]: [
    "components.base.namespace",
    "components.base.hub",
    "components.base.tag",
    "values.ownerName",
    "values.global.istiod",
    "values.global.omitSidecarInjectorConfigMap",
    "values.global.operatorManageWebhooks",
    "values.global.nativeNftables",
    "values.global.certSigners",
    "values.global.platform",
    "values.global.arch",
    "values.global.podDNSSearchNamespaces",
    "values.global.multiCluster.enabled",
    "values.global.multiCluster.globalDomainSuffix",
    "values.global.multiCluster.includeEnvoyFilter",
    "values.global.enableReaderRBAC",
    "values.global.readerServiceAccount",
    "values.global.proxy_init",
    "values.base.enableCRDTemplates",
    "values.base.validateGateway",
    "values.pilot.enabled",
    "values.pilot.configMap",
    "values.pilot.trustedZtunnelNamespace",
    "values.pilot.trustedZtunnelName",
    "values.pilot.keepaliveMaxServerConnectionAge",
    "values.gateways.enabled",
    "values.gateways.securityContext",
    "values.gateways.seccompProfile",
    "values.gateways.*.enabled",
    "values.gateways.*.name",
  ],
  [USE_OVERLAY]: [
    "values.global.defaultNodeSelector",
    "values.global.defaultResources",
    "values.global.defaultTolerations",
    "values.global.ipFamilies",
    "values.global.ipFamilyPolicy",
    "values.pilot.sidecarInjectorWebhookAnnotations",
    "values.gateways.*.podAntiAffinityLabelSelector",
    "values.gateways.*.podAntiAffinityTermLabelSelector",
    "values.gateways.*.ingressPorts",
  ],
  [INJECTED]: [
    "values.global.proxy.privileged",
    "values.global.proxy.seccompProfile",
    "values.global.proxy.readinessInitialDelaySeconds",
    "values.global.proxy.readinessPeriodSeconds",
    "values.global.proxy.readinessFailureThreshold",
    "values.global.proxy.startupProbe",
  ],
};

const table = new Map<string, Unsupported>([...entries(REFUSED, true), ...entries(NOTED, false)]);

function entries(groups: Readonly<Record<string, readonly string[]>>, refused: boolean): [string, Unsupported][] {
  return Object.entries(groups).flatMap(([why, paths]) =>
    paths.map((path): [string, Unsupported] => [path, { refused, why }]),
  );
}

/** What there is to say of a field of Istio's; undefined when Istio does not know it either. `path` begins below spec. */
export function unsupported(path: string): Unsupported | undefined {
  return table.get(path) ?? table.get(path.replace(/^(values\.gateways)\.[^.]+/, "$1.*"));
}
