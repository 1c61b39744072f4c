/** A container of a pod: what a pod template and the node need to know of it. */
import { Type } from "typebox";
import {
  anything,
  bool,
  int,
  intOrText,
  list,
  oneOf,
  port,
  quantities,
  quantity,
  shape,
  text,
  texts,
} from "./shape.ts";

const HttpHeader = shape("HTTPHeader", { name: text, value: text }, {});

const action = {
  exec: shape("ExecAction", {}, { command: texts }),
  httpGet: shape(
    "HTTPGetAction",
    { port: intOrText },
    { path: text, host: text, scheme: oneOf("HTTP", "HTTPS"), httpHeaders: list(HttpHeader) },
  ),
  tcpSocket: shape("TCPSocketAction", { port: intOrText }, { host: text }),
};

export const LifecycleHandler = shape(
  "LifecycleHandler",
  {},
  { ...action, sleep: shape("SleepAction", { seconds: int }, {}) },
);

export const Probe = shape(
  "Probe",
  {},
  {
    ...action,
    grpc: shape("GRPCAction", { port }, { service: text }),
    initialDelaySeconds: int,
    periodSeconds: int,
    timeoutSeconds: int,
    successThreshold: int,
    failureThreshold: int,
    terminationGracePeriodSeconds: int,
  },
);

const KeySelector = shape("KeySelector", { key: text }, { name: text, optional: bool });

export const ObjectFieldSelector = shape("ObjectFieldSelector", { fieldPath: text }, { apiVersion: text });

export const ResourceFieldSelector = shape(
  "ResourceFieldSelector",
  { resource: text },
  { containerName: text, divisor: quantity },
);

export const EnvVar = shape(
  "EnvVar",
  { name: text },
  {
    value: text,
    valueFrom: shape(
      "EnvVarSource",
      {},
      {
        configMapKeyRef: KeySelector,
        secretKeyRef: KeySelector,
        fieldRef: ObjectFieldSelector,
        resourceFieldRef: ResourceFieldSelector,
        fileKeyRef: anything,
      },
    ),
  },
);

const EnvSource = shape("EnvSource", {}, { name: text, optional: bool });

const ResourceRequirements = shape(
  "ResourceRequirements",
  {},
  { limits: quantities, requests: quantities, claims: list(shape("ResourceClaim", { name: text }, { request: text })) },
);

const SecurityContext = shape(
  "SecurityContext",
  {},
  {
    allowPrivilegeEscalation: bool,
    appArmorProfile: anything,
    capabilities: shape("Capabilities", {}, { add: texts, drop: texts }),
    privileged: bool,
    procMount: text,
    readOnlyRootFilesystem: bool,
    runAsGroup: int,
    runAsNonRoot: bool,
    runAsUser: int,
    seLinuxOptions: anything,
    seccompProfile: anything,
    windowsOptions: anything,
  },
);

export const ContainerPort = shape(
  "ContainerPort",
  { containerPort: port },
  {
    name: text,
    protocol: oneOf("TCP", "UDP", "SCTP"),
    hostPort: Type.Integer({ minimum: 0, maximum: 65535 }),
    hostIP: text,
  },
);

export const VolumeMount = shape(
  "VolumeMount",
  { name: text, mountPath: text },
  {
    readOnly: bool,
    recursiveReadOnly: text,
    subPath: text,
    subPathExpr: text,
    mountPropagation: text,
  },
);

export const Lifecycle = shape(
  "Lifecycle",
  {},
  { postStart: LifecycleHandler, preStop: LifecycleHandler, stopSignal: text },
);
export type Lifecycle = Type.Static<typeof Lifecycle>;

export const Container = shape(
  "Container",
  { name: text },
  {
    image: text,
    imagePullPolicy: oneOf("Always", "IfNotPresent", "Never"),
    command: texts,
    args: texts,
    workingDir: text,
    env: list(EnvVar),
    envFrom: list(shape("EnvFromSource", {}, { prefix: text, configMapRef: EnvSource, secretRef: EnvSource })),
    ports: list(ContainerPort),
    volumeMounts: list(VolumeMount),
    volumeDevices: list(anything),
    resources: ResourceRequirements,
    resizePolicy: list(anything),
    /** Of an init container, `Always`: a sidecar that starts before the app and ends after it. */
    restartPolicy: oneOf("Always", "OnFailure", "Never"),
    restartPolicyRules: list(anything),
    livenessProbe: Probe,
    readinessProbe: Probe,
    startupProbe: Probe,
    lifecycle: Lifecycle,
    securityContext: SecurityContext,
    stdin: bool,
    stdinOnce: bool,
    tty: bool,
    terminationMessagePath: text,
    terminationMessagePolicy: oneOf("File", "FallbackToLogsOnError"),
  },
);
export type Container = Type.Static<typeof Container>;

export const EphemeralContainer = shape("EphemeralContainer", Container.properties, { targetContainerName: text });
