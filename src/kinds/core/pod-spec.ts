/** What a pod is to be, shared by pods and the templates of those who make them. */
import { Type } from "typebox";
import { Container, EphemeralContainer } from "./container.ts";
import {
  anything,
  bool,
  int,
  LabelSelector,
  LocalObjectReference,
  list,
  oneOf,
  quantities,
  shape,
  text,
  textMap,
  texts,
} from "./shape.ts";
import { Volume } from "./volume.ts";

const PodSecurityContext = shape(
  "PodSecurityContext",
  {},
  {
    appArmorProfile: anything,
    fsGroup: int,
    fsGroupChangePolicy: text,
    runAsGroup: int,
    runAsNonRoot: bool,
    runAsUser: int,
    seLinuxChangePolicy: text,
    seLinuxOptions: anything,
    seccompProfile: anything,
    supplementalGroups: list(int),
    supplementalGroupsPolicy: text,
    sysctls: list(shape("Sysctl", { name: text, value: text }, {})),
    windowsOptions: anything,
  },
);

const Toleration = shape(
  "Toleration",
  {},
  { key: text, operator: text, value: text, effect: text, tolerationSeconds: int },
);

const TopologySpreadConstraint = shape(
  "TopologySpreadConstraint",
  { maxSkew: int, topologyKey: text, whenUnsatisfiable: text },
  {
    labelSelector: LabelSelector,
    matchLabelKeys: texts,
    minDomains: int,
    nodeAffinityPolicy: text,
    nodeTaintsPolicy: text,
  },
);

const dnsOption = shape("PodDNSConfigOption", {}, { name: text, value: text });

export const PodSpec = shape(
  "PodSpec",
  { containers: Type.Array(Container, { minItems: 1 }) },
  {
    initContainers: list(Container),
    ephemeralContainers: list(EphemeralContainer),
    volumes: list(Volume),
    restartPolicy: oneOf("Always", "OnFailure", "Never"),
    terminationGracePeriodSeconds: Type.Integer({ minimum: 0 }),
    activeDeadlineSeconds: int,
    dnsPolicy: oneOf("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    dnsConfig: shape("PodDNSConfig", {}, { nameservers: texts, searches: texts, options: list(dnsOption) }),
    nodeSelector: textMap,
    nodeName: text,
    serviceAccountName: text,
    serviceAccount: text,
    automountServiceAccountToken: bool,
    hostNetwork: bool,
    hostPID: bool,
    hostIPC: bool,
    hostUsers: bool,
    hostname: text,
    hostnameOverride: text,
    subdomain: text,
    setHostnameAsFQDN: bool,
    hostAliases: list(shape("HostAlias", { ip: text }, { hostnames: texts })),
    shareProcessNamespace: bool,
    securityContext: PodSecurityContext,
    imagePullSecrets: list(LocalObjectReference),
    affinity: shape("Affinity", {}, { nodeAffinity: anything, podAffinity: anything, podAntiAffinity: anything }),
    tolerations: list(Toleration),
    topologySpreadConstraints: list(TopologySpreadConstraint),
    priorityClassName: text,
    priority: int,
    preemptionPolicy: text,
    runtimeClassName: text,
    schedulerName: text,
    schedulingGates: list(shape("PodSchedulingGate", { name: text }, {})),
    readinessGates: list(shape("PodReadinessGate", { conditionType: text }, {})),
    enableServiceLinks: bool,
    os: shape("PodOS", { name: text }, {}),
    overhead: quantities,
    resourceClaims: list(anything),
    resources: anything,
    workloadRef: anything,
  },
);
export type PodSpec = Type.Static<typeof PodSpec>;

/** Metadata within a template: a name is allowed and means nothing. */
const TemplateMeta = shape(
  "ObjectMeta",
  {},
  {
    name: text,
    generateName: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
    finalizers: texts,
    creationTimestamp: text,
    ownerReferences: list(anything),
  },
);

export const PodTemplate = shape("PodTemplateSpec", {}, { metadata: TemplateMeta, spec: PodSpec });
export type PodTemplate = Type.Static<typeof PodTemplate>;

/** Keys of the lists of a pod spec at `prefix`, as in Kubernetes' own types. */
export function podListMapKeys(prefix: string): Record<string, readonly string[]> {
  const keys: Record<string, readonly string[]> = {
    [`${prefix}.volumes`]: ["name"],
    [`${prefix}.imagePullSecrets`]: ["name"],
    [`${prefix}.hostAliases`]: ["ip"],
    [`${prefix}.topologySpreadConstraints`]: ["topologyKey", "whenUnsatisfiable"],
    [`${prefix}.readinessGates`]: ["conditionType"],
    [`${prefix}.schedulingGates`]: ["name"],
  };
  for (const list of ["containers", "initContainers", "ephemeralContainers"]) {
    keys[`${prefix}.${list}`] = ["name"];
    keys[`${prefix}.${list}.env`] = ["name"];
    keys[`${prefix}.${list}.ports`] = ["containerPort", "protocol"];
    keys[`${prefix}.${list}.volumeMounts`] = ["mountPath"];
    keys[`${prefix}.${list}.volumeDevices`] = ["devicePath"];
  }
  return keys;
}
