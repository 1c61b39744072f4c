/**
 * How the objects that Go clients send in protobuf are laid out: MESSAGE: NUMBER NAME TYPE; ... Types are s text,
 * i integer, b boolean, y bytes, t time, q quantity, x number or text, e list of texts in a message, - not read, or a
 * message. `[]` is a list, `{}` a map by text, `...` marks a message whose fields stand in its parent, and `!` a field
 * that means something when it is zero. What is left out (ephemeral containers, volumes of clouds) has to be sent as
 * JSON.
 */
export const LAYOUT = `
Affinity: 1 nodeAffinity NodeAffinity!; 2 podAffinity PodAffinity!; 3 podAntiAffinity PodAntiAffinity!
AggregationRule: 1 clusterRoleSelectors []LabelSelector
AppArmorProfile: 1 type s!; 2 localhostProfile s!
BoundObjectReference: 1 kind s; 2 apiVersion s; 3 name s; 4 uid s
Capabilities: 1 add []s; 2 drop []s
ClientIPConfig: 1 timeoutSeconds i!
ClusterRole: 1 metadata ObjectMeta; 2 rules []PolicyRule; 3 aggregationRule AggregationRule!
ClusterRoleBinding: 1 metadata ObjectMeta; 2 subjects []Subject; 3 roleRef RoleRef!
ClusterTrustBundleProjection: 1 name s!; 2 signerName s!; 3 labelSelector LabelSelector!; 4 path s!; 5 optional b!
ConfigMap: 1 metadata ObjectMeta; 2 data {}s; 3 binaryData {}y; 4 immutable b!
ConfigMapEnvSource: 1 ...LocalObjectReference; 2 optional b!
ConfigMapKeySelector: 1 ...LocalObjectReference; 2 key s!; 3 optional b!
ConfigMapProjection: 1 ...LocalObjectReference; 2 items []KeyToPath; 4 optional b!
ConfigMapVolumeSource: 1 ...LocalObjectReference; 2 items []KeyToPath; 3 defaultMode i!; 4 optional b!
Container: 1 name s!; 2 image s; 3 command []s; 4 args []s; 5 workingDir s; 6 ports []ContainerPort; 7 env []EnvVar;
  8 resources ResourceRequirements; 9 volumeMounts []VolumeMount; 10 livenessProbe Probe!; 11 readinessProbe Probe!;
  12 lifecycle Lifecycle!; 13 terminationMessagePath s; 14 imagePullPolicy s; 15 securityContext SecurityContext!;
  16 stdin b; 17 stdinOnce b; 18 tty b; 19 envFrom []EnvFromSource; 20 terminationMessagePolicy s;
  22 startupProbe Probe!; 24 restartPolicy s!
ContainerPort: 1 name s; 2 hostPort i; 3 containerPort i!; 4 protocol s; 5 hostIP s
ContainerResourceMetricSource: 1 name s!; 2 target MetricTarget!; 3 container s!
CrossVersionObjectReference: 1 kind s!; 2 name s!; 3 apiVersion s
DaemonSet: 1 metadata ObjectMeta; 2 spec DaemonSetSpec; 3 status -
DaemonSetSpec: 1 selector LabelSelector!; 2 template PodTemplateSpec!; 3 updateStrategy DaemonSetUpdateStrategy;
  4 minReadySeconds i; 6 revisionHistoryLimit i!
DaemonSetUpdateStrategy: 1 type s; 2 rollingUpdate RollingUpdateDaemonSet!
DeleteOptions: 1 gracePeriodSeconds i!; 2 preconditions Preconditions!; 3 orphanDependents b!; 4 propagationPolicy s!;
  5 dryRun []s
Deployment: 1 metadata ObjectMeta; 2 spec DeploymentSpec; 3 status -
DeploymentSpec: 1 replicas i!; 2 selector LabelSelector!; 3 template PodTemplateSpec!; 4 strategy DeploymentStrategy;
  5 minReadySeconds i; 6 revisionHistoryLimit i!; 7 paused b; 9 progressDeadlineSeconds i!
DeploymentStrategy: 1 type s; 2 rollingUpdate RollingUpdateDeployment!
DownwardAPIProjection: 1 items []DownwardAPIVolumeFile
DownwardAPIVolumeFile: 1 path s!; 2 fieldRef ObjectFieldSelector!; 3 resourceFieldRef ResourceFieldSelector!;
  4 mode i!
DownwardAPIVolumeSource: 1 items []DownwardAPIVolumeFile; 2 defaultMode i!
EmptyDirVolumeSource: 1 medium s; 2 sizeLimit q!
EnvFromSource: 1 prefix s; 2 configMapRef ConfigMapEnvSource!; 3 secretRef SecretEnvSource!
EnvVar: 1 name s!; 2 value s; 3 valueFrom EnvVarSource!
EnvVarSource: 1 fieldRef ObjectFieldSelector!; 2 resourceFieldRef ResourceFieldSelector!;
  3 configMapKeyRef ConfigMapKeySelector!; 4 secretKeyRef SecretKeySelector!
Event: 1 metadata ObjectMeta!; 2 involvedObject ObjectReference!; 3 reason s; 4 message s; 5 source EventSource;
  6 firstTimestamp t; 7 lastTimestamp t; 8 count i; 9 type s; 10 eventTime t; 11 series EventSeries!; 12 action s;
  13 related ObjectReference!; 14 reportingComponent s!; 15 reportingInstance s!
EventSeries: 1 count i; 2 lastObservedTime t
EventSource: 1 component s; 2 host s
Eviction: 1 metadata ObjectMeta; 2 deleteOptions DeleteOptions!
ExecAction: 1 command []s
ExternalMetricSource: 1 metric MetricIdentifier!; 2 target MetricTarget!
GRPCAction: 1 port i!; 2 service s!
HPAScalingPolicy: 1 type s!; 2 value i!; 3 periodSeconds i!
HPAScalingRules: 1 selectPolicy s!; 2 policies []HPAScalingPolicy; 3 stabilizationWindowSeconds i!; 4 tolerance q!
HTTPGetAction: 1 path s; 2 port x!; 3 host s; 4 scheme s; 5 httpHeaders []HTTPHeader
HTTPHeader: 1 name s!; 2 value s!
HorizontalPodAutoscaler: 1 metadata ObjectMeta; 2 spec HorizontalPodAutoscalerSpec; 3 status -
HorizontalPodAutoscalerBehavior: 1 scaleUp HPAScalingRules!; 2 scaleDown HPAScalingRules!
HorizontalPodAutoscalerSpec: 1 scaleTargetRef CrossVersionObjectReference!; 2 minReplicas i!; 3 maxReplicas i!;
  4 metrics []MetricSpec; 5 behavior HorizontalPodAutoscalerBehavior!
HostAlias: 1 ip s!; 2 hostnames []s
HostPathVolumeSource: 1 path s!; 2 type s!
Job: 1 metadata ObjectMeta; 2 spec JobSpec; 3 status -
JobSpec: 1 parallelism i!; 2 completions i!; 3 activeDeadlineSeconds i!; 4 selector LabelSelector!;
  5 manualSelector b!; 6 template PodTemplateSpec!; 7 backoffLimit i!; 8 ttlSecondsAfterFinished i!;
  9 completionMode s!; 10 suspend b!; 12 backoffLimitPerIndex i!; 13 maxFailedIndexes i!; 14 podReplacementPolicy s!;
  15 managedBy s!
KeyToPath: 1 key s!; 2 path s!; 3 mode i!
LabelSelector: 1 matchLabels {}s; 2 matchExpressions []LabelSelectorRequirement
LabelSelectorRequirement: 1 key s!; 2 operator s!; 3 values []s
Lease: 1 metadata ObjectMeta; 2 spec LeaseSpec
LeaseSpec: 1 holderIdentity s!; 2 leaseDurationSeconds i!; 3 acquireTime t!; 4 renewTime t!; 5 leaseTransitions i!;
  6 strategy s!; 7 preferredHolder s!
Lifecycle: 1 postStart LifecycleHandler!; 2 preStop LifecycleHandler!; 3 stopSignal s!
LifecycleHandler: 1 exec ExecAction!; 2 httpGet HTTPGetAction!; 3 tcpSocket TCPSocketAction!; 4 sleep SleepAction!
LocalObjectReference: 1 name s
LocalSubjectAccessReview: 1 metadata ObjectMeta; 2 spec SubjectAccessReviewSpec!; 3 status -
MetricIdentifier: 1 name s!; 2 selector LabelSelector!
MetricSpec: 1 type s!; 2 object ObjectMetricSource!; 3 pods PodsMetricSource!; 4 resource ResourceMetricSource!;
  5 external ExternalMetricSource!; 7 containerResource ContainerResourceMetricSource!
MetricTarget: 1 type s!; 2 value q!; 3 averageValue q!; 4 averageUtilization i!
Namespace: 1 metadata ObjectMeta; 2 spec NamespaceSpec; 3 status -
NamespaceSpec: 1 finalizers []s
NodeAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution NodeSelector!;
  2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm
NodeSelector: 1 nodeSelectorTerms []NodeSelectorTerm
NodeSelectorRequirement: 1 key s!; 2 operator s!; 3 values []s
NodeSelectorTerm: 1 matchExpressions []NodeSelectorRequirement; 2 matchFields []NodeSelectorRequirement
NonResourceAttributes: 1 path s; 2 verb s
ObjectFieldSelector: 1 apiVersion s; 2 fieldPath s!
ObjectMeta: 1 name s; 2 generateName s; 3 namespace s; 4 selfLink -; 5 uid s; 6 resourceVersion s; 7 generation i;
  8 creationTimestamp t; 9 deletionTimestamp t!; 10 deletionGracePeriodSeconds i!; 11 labels {}s; 12 annotations {}s;
  13 ownerReferences []OwnerReference; 14 finalizers []s; 17 managedFields -
ObjectMetricSource: 1 describedObject CrossVersionObjectReference!; 2 target MetricTarget!; 3 metric MetricIdentifier!
ObjectReference: 1 kind s; 2 namespace s; 3 name s; 4 uid s; 5 apiVersion s; 6 resourceVersion s; 7 fieldPath s
OwnerReference: 1 kind s!; 3 name s!; 4 uid s!; 5 apiVersion s!; 6 controller b!; 7 blockOwnerDeletion b!
Pod: 1 metadata ObjectMeta; 2 spec PodSpec; 3 status -
PodAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm;
  2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
PodAffinityTerm: 1 labelSelector LabelSelector!; 2 namespaces []s; 3 topologyKey s!;
  4 namespaceSelector LabelSelector!; 5 matchLabelKeys []s; 6 mismatchLabelKeys []s
PodAntiAffinity: 1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm;
  2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
PodDNSConfig: 1 nameservers []s; 2 searches []s; 3 options []PodDNSConfigOption
PodDNSConfigOption: 1 name s; 2 value s!
PodDisruptionBudget: 1 metadata ObjectMeta; 2 spec PodDisruptionBudgetSpec; 3 status -
PodDisruptionBudgetSpec: 1 minAvailable x!; 2 selector LabelSelector!; 3 maxUnavailable x!;
  4 unhealthyPodEvictionPolicy s!
PodOS: 1 name s!
PodReadinessGate: 1 conditionType s!
PodSchedulingGate: 1 name s!
PodSecurityContext: 1 seLinuxOptions SELinuxOptions!; 2 runAsUser i!; 3 runAsNonRoot b!; 4 supplementalGroups []i;
  5 fsGroup i!; 6 runAsGroup i!; 7 sysctls []Sysctl; 9 fsGroupChangePolicy s!; 10 seccompProfile SeccompProfile!;
  11 appArmorProfile AppArmorProfile!; 12 supplementalGroupsPolicy s!; 13 seLinuxChangePolicy s!
PodSpec: 1 volumes []Volume; 2 containers []Container; 3 restartPolicy s; 4 terminationGracePeriodSeconds i!;
  5 activeDeadlineSeconds i!; 6 dnsPolicy s; 7 nodeSelector {}s; 8 serviceAccountName s; 9 serviceAccount s;
  10 nodeName s; 11 hostNetwork b; 12 hostPID b; 13 hostIPC b; 14 securityContext PodSecurityContext!;
  15 imagePullSecrets []LocalObjectReference; 16 hostname s; 17 subdomain s; 18 affinity Affinity!;
  19 schedulerName s; 20 initContainers []Container; 21 automountServiceAccountToken b!; 22 tolerations []Toleration;
  23 hostAliases []HostAlias; 24 priorityClassName s; 25 priority i!; 26 dnsConfig PodDNSConfig!;
  27 shareProcessNamespace b!; 28 readinessGates []PodReadinessGate; 29 runtimeClassName s!; 30 enableServiceLinks b!;
  31 preemptionPolicy s!; 32 overhead {}q; 33 topologySpreadConstraints []TopologySpreadConstraint;
  35 setHostnameAsFQDN b!; 36 os PodOS!; 37 hostUsers b!; 38 schedulingGates []PodSchedulingGate;
  41 hostnameOverride s!
PodTemplateSpec: 1 metadata ObjectMeta; 2 spec PodSpec
PodsMetricSource: 1 metric MetricIdentifier!; 2 target MetricTarget!
PolicyRule: 1 verbs []s; 2 apiGroups []s; 3 resources []s; 4 resourceNames []s; 5 nonResourceURLs []s
Preconditions: 1 uid s!; 2 resourceVersion s!
PreferredSchedulingTerm: 1 weight i!; 2 preference NodeSelectorTerm!
Probe: 1 ...ProbeHandler; 2 initialDelaySeconds i; 3 timeoutSeconds i; 4 periodSeconds i; 5 successThreshold i;
  6 failureThreshold i; 7 terminationGracePeriodSeconds i!
ProbeHandler: 1 exec ExecAction!; 2 httpGet HTTPGetAction!; 3 tcpSocket TCPSocketAction!; 4 grpc GRPCAction!
ProjectedVolumeSource: 1 sources []VolumeProjection; 2 defaultMode i!
ReplicaSet: 1 metadata ObjectMeta; 2 spec ReplicaSetSpec; 3 status -
ReplicaSetSpec: 1 replicas i!; 2 selector LabelSelector!; 3 template PodTemplateSpec; 4 minReadySeconds i
ResourceAttributes: 1 namespace s; 2 verb s; 3 group s; 4 version s; 5 resource s; 6 subresource s; 7 name s
ResourceFieldSelector: 1 containerName s; 2 resource s!; 3 divisor q
ResourceMetricSource: 1 name s!; 2 target MetricTarget!
ResourceRequirements: 1 limits {}q; 2 requests {}q
Role: 1 metadata ObjectMeta; 2 rules []PolicyRule
RoleBinding: 1 metadata ObjectMeta; 2 subjects []Subject; 3 roleRef RoleRef!
RoleRef: 1 apiGroup s!; 2 kind s!; 3 name s!
RollingUpdateDaemonSet: 1 maxUnavailable x!; 2 maxSurge x!
RollingUpdateDeployment: 1 maxUnavailable x!; 2 maxSurge x!
RollingUpdateStatefulSetStrategy: 1 partition i!; 2 maxUnavailable x!
SELinuxOptions: 1 user s; 2 role s; 3 type s; 4 level s
Scale: 1 metadata ObjectMeta; 2 spec ScaleSpec; 3 status -
ScaleSpec: 1 replicas i
SeccompProfile: 1 type s!; 2 localhostProfile s!
Secret: 1 metadata ObjectMeta; 2 data {}y; 3 type s; 4 stringData {}s; 5 immutable b!
SecretEnvSource: 1 ...LocalObjectReference; 2 optional b!
SecretKeySelector: 1 ...LocalObjectReference; 2 key s!; 3 optional b!
SecretProjection: 1 ...LocalObjectReference; 2 items []KeyToPath; 4 optional b!
SecretVolumeSource: 1 secretName s; 2 items []KeyToPath; 3 defaultMode i!; 4 optional b!
SecurityContext: 1 capabilities Capabilities!; 2 privileged b!; 3 seLinuxOptions SELinuxOptions!; 4 runAsUser i!;
  5 runAsNonRoot b!; 6 readOnlyRootFilesystem b!; 7 allowPrivilegeEscalation b!; 8 runAsGroup i!; 9 procMount s!;
  11 seccompProfile SeccompProfile!; 12 appArmorProfile AppArmorProfile!
SelfSubjectAccessReview: 1 metadata ObjectMeta; 2 spec SelfSubjectAccessReviewSpec!; 3 status -
SelfSubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes!; 2 nonResourceAttributes NonResourceAttributes!
SelfSubjectReview: 1 metadata ObjectMeta; 2 status -
SelfSubjectRulesReview: 1 metadata ObjectMeta; 2 spec SelfSubjectRulesReviewSpec!; 3 status -
SelfSubjectRulesReviewSpec: 1 namespace s
Service: 1 metadata ObjectMeta; 2 spec ServiceSpec; 3 status -
ServiceAccount: 1 metadata ObjectMeta; 2 secrets []ObjectReference; 3 imagePullSecrets []LocalObjectReference;
  4 automountServiceAccountToken b!
ServiceAccountTokenProjection: 1 audience s; 2 expirationSeconds i!; 3 path s!
ServicePort: 1 name s; 2 protocol s; 3 port i!; 4 targetPort x; 5 nodePort i; 6 appProtocol s!
ServiceSpec: 1 ports []ServicePort; 2 selector {}s; 3 clusterIP s; 4 type s; 5 externalIPs []s; 7 sessionAffinity s;
  8 loadBalancerIP s; 9 loadBalancerSourceRanges []s; 10 externalName s; 11 externalTrafficPolicy s;
  12 healthCheckNodePort i; 13 publishNotReadyAddresses b; 14 sessionAffinityConfig SessionAffinityConfig!;
  17 ipFamilyPolicy s!; 18 clusterIPs []s; 19 ipFamilies []s; 20 allocateLoadBalancerNodePorts b!;
  21 loadBalancerClass s!; 22 internalTrafficPolicy s!; 23 trafficDistribution s!
SessionAffinityConfig: 1 clientIP ClientIPConfig!
SleepAction: 1 seconds i!
StatefulSet: 1 metadata ObjectMeta; 2 spec StatefulSetSpec; 3 status -
StatefulSetOrdinals: 1 start i!
StatefulSetSpec: 1 replicas i!; 2 selector LabelSelector!; 3 template PodTemplateSpec!; 5 serviceName s!;
  6 podManagementPolicy s; 7 updateStrategy StatefulSetUpdateStrategy; 8 revisionHistoryLimit i!; 9 minReadySeconds i;
  11 ordinals StatefulSetOrdinals!
StatefulSetUpdateStrategy: 1 type s; 2 rollingUpdate RollingUpdateStatefulSetStrategy!
Subject: 1 kind s!; 2 apiGroup s; 3 name s!; 4 namespace s
SubjectAccessReview: 1 metadata ObjectMeta; 2 spec SubjectAccessReviewSpec!; 3 status -
SubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes!; 2 nonResourceAttributes NonResourceAttributes!;
  3 user s; 4 groups []s; 5 extra {}e; 6 uid s
Sysctl: 1 name s!; 2 value s!
TCPSocketAction: 1 port x!; 2 host s
TokenRequest: 1 metadata ObjectMeta; 2 spec TokenRequestSpec!; 3 status -
TokenRequestSpec: 1 audiences []s; 3 boundObjectRef BoundObjectReference!; 4 expirationSeconds i!
TokenReview: 1 metadata ObjectMeta; 2 spec TokenReviewSpec!; 3 status -
TokenReviewSpec: 1 token s; 2 audiences []s
Toleration: 1 key s; 2 operator s; 3 value s; 4 effect s; 5 tolerationSeconds i!
TopologySpreadConstraint: 1 maxSkew i!; 2 topologyKey s!; 3 whenUnsatisfiable s!; 4 labelSelector LabelSelector!;
  5 minDomains i!; 6 nodeAffinityPolicy s!; 7 nodeTaintsPolicy s!; 8 matchLabelKeys []s
Volume: 1 name s!; 2 ...VolumeSource
VolumeMount: 1 name s!; 2 readOnly b; 3 mountPath s!; 4 subPath s; 5 mountPropagation s!; 6 subPathExpr s;
  7 recursiveReadOnly s!
VolumeProjection: 1 secret SecretProjection!; 2 downwardAPI DownwardAPIProjection!; 3 configMap ConfigMapProjection!;
  4 serviceAccountToken ServiceAccountTokenProjection!; 5 clusterTrustBundle ClusterTrustBundleProjection!
VolumeSource: 1 hostPath HostPathVolumeSource!; 2 emptyDir EmptyDirVolumeSource!; 6 secret SecretVolumeSource!;
  16 downwardAPI DownwardAPIVolumeSource!; 19 configMap ConfigMapVolumeSource!; 26 projected ProjectedVolumeSource!
WeightedPodAffinityTerm: 1 weight i!; 2 podAffinityTerm PodAffinityTerm!
`;
