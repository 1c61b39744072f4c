/** The service that counts Global rate limits: who it is, what it may read, and where it runs. */
import { LateenError } from "../../errors.ts";
import type { PolicyRule } from "../../kinds/core/rbac.ts";
import { LIMITER } from "../../mesh/security/rate-limit-model.ts";
import type { KubeObject } from "../../store/object.ts";
import { proxyVolumeMounts, proxyVolumes } from "../inject/volumes.ts";
import { imageOf } from "./image.ts";
import type { Installation } from "./installation.ts";
import { revisionLabels } from "./names.ts";

export interface LimiterInstallation {
  namespace: string;
  revision: string;
  labels: Record<string, string>;
  image: string;
  imagePullPolicy: string;
  imagePullSecrets: readonly string[];
  priorityClassName: string;
  replicaCount: number;
  resources: object;
  redis: {
    /** "" counts in memory, which is for one replica only. */
    url: string;
    /** Instead: of a Secret with the key `url`, since it may hold a password. */
    secretName: string;
  };
}

const NAME = LIMITER.service;
const PROBES = 8082;
const READ = ["get", "list", "watch"];

const EVERYWHERE: PolicyRule[] = [
  { apiGroups: [""], resources: ["pods", "services"], verbs: READ },
  { apiGroups: ["policy.lateen.dev"], resources: ["ratelimits"], verbs: READ },
];
/** The mesh's settings. */
const HERE: PolicyRule[] = [{ apiGroups: [""], resources: ["configmaps"], verbs: READ }];

/** Of an installation for a cluster. */
export function limiter(installation: Installation): KubeObject[] {
  const { namespace, revision, components, values } = installation;
  const { global, pilot, rateLimit } = values;
  const { replicaCount, resources, redis } = rateLimit;
  if (replicaCount > 1 && redis.url === "" && redis.secretName === "") {
    throw new LateenError(
      "LTN6404",
      `values.rateLimit: ${replicaCount} replicas that each count alone would let through that many times the limit`,
      "Name a Redis or Valkey in values.rateLimit.redis, or leave replicaCount at 1.",
    );
  }
  return limiterObjects({
    namespace,
    revision,
    labels: revisionLabels(installation, "Pilot"),
    image: imageOf(installation, pilot.image, { ...pilot, ...components.pilot }),
    imagePullPolicy: global.imagePullPolicy,
    imagePullSecrets: global.imagePullSecrets,
    priorityClassName: global.priorityClassName,
    replicaCount,
    resources,
    redis,
  });
}

export function limiterObjects(installation: LimiterInstallation): KubeObject[] {
  const { namespace, imagePullSecrets } = installation;
  const labels = { app: NAME, ...installation.labels };
  const metadata = { name: NAME, namespace, labels };
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
      ...(imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    },
    ...granted("ClusterRole", { name: `${NAME}-${namespace}`, labels }, EVERYWHERE, namespace),
    ...granted("Role", metadata, HERE, namespace),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        selector: { app: NAME },
        ports: [{ name: "grpc-ratelimit", port: LIMITER.port, targetPort: LIMITER.port, protocol: "TCP" }],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: installation.replicaCount,
        selector: { matchLabels: { app: NAME } },
        template: podTemplate(installation, labels),
      },
    },
  ];
}

function granted(
  kind: "ClusterRole" | "Role",
  metadata: KubeObject["metadata"],
  rules: PolicyRule[],
  namespace: string,
): KubeObject[] {
  const apiGroup = "rbac.authorization.k8s.io";
  const apiVersion = `${apiGroup}/v1`;
  return [
    { apiVersion, kind, metadata, rules },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup, kind, name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name: NAME, namespace }],
    },
  ];
}

function podTemplate(installation: LimiterInstallation, labels: Record<string, string>): object {
  const { revision, image, imagePullPolicy, priorityClassName, resources, redis } = installation;
  const probe = (path: string) => ({ httpGet: { path, port: PROBES }, timeoutSeconds: 5 });
  return {
    // It ends TLS itself.
    metadata: { labels: { ...labels, "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none" } },
    spec: {
      serviceAccountName: NAME,
      ...(priorityClassName !== "" && { priorityClassName }),
      securityContext: { runAsUser: 1337, runAsGroup: 1337, runAsNonRoot: true, fsGroup: 1337 },
      containers: [
        {
          name: "ratelimit",
          image,
          ...(imagePullPolicy !== "" && { imagePullPolicy }),
          args: ["ratelimit"],
          env: [
            { name: "REVISION", value: revision },
            { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
            ...redisVariable(redis),
          ],
          ports: [
            { containerPort: LIMITER.port, protocol: "TCP", name: "grpc-ratelimit" },
            { containerPort: PROBES, protocol: "TCP", name: "http-probes" },
          ],
          startupProbe: { ...probe("/live"), periodSeconds: 1, failureThreshold: 120 },
          readinessProbe: { ...probe("/ready"), periodSeconds: 2 },
          livenessProbe: { ...probe("/live"), periodSeconds: 10, failureThreshold: 6 },
          resources,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ["ALL"] },
            seccompProfile: { type: "RuntimeDefault" },
          },
          volumeMounts: [...proxyVolumeMounts, { name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [...proxyVolumes, { name: "tmp", emptyDir: {} }],
    },
  };
}

function redisVariable({ url, secretName }: LimiterInstallation["redis"]): object[] {
  const name = "REDIS_URL";
  if (secretName !== "") return [{ name, valueFrom: { secretKeyRef: { name: secretName, key: "url" } } }];
  return url === "" ? [] : [{ name, value: url }];
}
