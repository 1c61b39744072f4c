/** The defaults that Kubernetes fills into a pod spec. */
import type { Type } from "typebox";
import type { Container, ContainerPort, EnvVar, LifecycleHandler, Probe } from "./container.ts";
import type { PodSpec, PodTemplate } from "./pod-spec.ts";
import type { Volume } from "./volume.ts";

const FILE_MODE = 0o644;

export function defaultPodSpec(spec: PodSpec): PodSpec {
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  return {
    ...spec,
    containers: spec.containers.map(defaultContainer),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(defaultContainer) }),
    ...(spec.volumes && { volumes: spec.volumes.map(defaultVolume) }),
    ...(account !== undefined && { serviceAccountName: account, serviceAccount: account }),
    dnsPolicy: spec.dnsPolicy ?? "ClusterFirst",
    restartPolicy: spec.restartPolicy ?? "Always",
    schedulerName: spec.schedulerName ?? "default-scheduler",
    securityContext: spec.securityContext ?? {},
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
  };
}

/** With what a template's owner needs as restart policy, where that is not `Always`. */
export function defaultTemplate(template: PodTemplate | undefined): PodTemplate {
  return { ...template, ...(template?.spec && { spec: defaultPodSpec(template.spec) }) };
}

function defaultContainer(container: Container): Container {
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? pullPolicy(container.image ?? ""),
    resources: container.resources ?? {},
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    terminationMessagePolicy: container.terminationMessagePolicy ?? "File",
    ...(container.ports && { ports: container.ports.map(defaultPort) }),
    ...(container.env && { env: container.env.map(defaultEnv) }),
    ...(container.livenessProbe && { livenessProbe: defaultProbe(container.livenessProbe) }),
    ...(container.readinessProbe && { readinessProbe: defaultProbe(container.readinessProbe) }),
    ...(container.startupProbe && { startupProbe: defaultProbe(container.startupProbe) }),
    ...(container.lifecycle && { lifecycle: defaultLifecycle(container.lifecycle) }),
  };
}

/** An image that is not pinned to a tag may have changed. */
function pullPolicy(image: string): "Always" | "IfNotPresent" {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? "latest";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultPort(port: Type.Static<typeof ContainerPort>): Type.Static<typeof ContainerPort> {
  return { ...port, protocol: port.protocol ?? "TCP" };
}

function defaultEnv(env: Type.Static<typeof EnvVar>): Type.Static<typeof EnvVar> {
  const { fieldRef, resourceFieldRef } = env.valueFrom ?? {};
  if (fieldRef) return { ...env, valueFrom: { fieldRef: { apiVersion: "v1", ...fieldRef } } };
  if (resourceFieldRef) return { ...env, valueFrom: { resourceFieldRef: { divisor: "0", ...resourceFieldRef } } };
  return env;
}

type Handler = Type.Static<typeof LifecycleHandler>;

function defaultHandler<T extends Handler>(handler: T): T {
  if (!handler.httpGet) return handler;
  return { ...handler, httpGet: { path: "/", scheme: "HTTP", ...handler.httpGet } };
}

function defaultProbe(probe: Type.Static<typeof Probe>): Type.Static<typeof Probe> {
  return {
    ...defaultHandler(probe),
    failureThreshold: probe.failureThreshold ?? 3,
    periodSeconds: probe.periodSeconds ?? 10,
    successThreshold: probe.successThreshold ?? 1,
    timeoutSeconds: probe.timeoutSeconds ?? 1,
  };
}

function defaultLifecycle(lifecycle: NonNullable<Container["lifecycle"]>): NonNullable<Container["lifecycle"]> {
  return {
    ...lifecycle,
    ...(lifecycle.postStart && { postStart: defaultHandler(lifecycle.postStart) }),
    ...(lifecycle.preStop && { preStop: defaultHandler(lifecycle.preStop) }),
  };
}

function defaultVolume(volume: Volume): Volume {
  if (volume.configMap) return { ...volume, configMap: { defaultMode: FILE_MODE, ...volume.configMap } };
  if (volume.secret) return { ...volume, secret: { defaultMode: FILE_MODE, ...volume.secret } };
  if (volume.hostPath) return { ...volume, hostPath: { type: "", ...volume.hostPath } };
  if (volume.downwardAPI) {
    const items = volume.downwardAPI.items?.map(defaultFieldRef);
    return { ...volume, downwardAPI: { defaultMode: FILE_MODE, ...volume.downwardAPI, ...(items && { items }) } };
  }
  if (volume.projected) {
    const sources = volume.projected.sources?.map(defaultProjection);
    return { ...volume, projected: { defaultMode: FILE_MODE, ...volume.projected, ...(sources && { sources }) } };
  }
  // A volume that names no source is an empty directory.
  return Object.keys(volume).length === 1 ? { ...volume, emptyDir: {} } : volume;
}

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

function defaultProjection(source: Projection): Projection {
  if (source.serviceAccountToken) {
    return { ...source, serviceAccountToken: { expirationSeconds: 3600, ...source.serviceAccountToken } };
  }
  const items = source.downwardAPI?.items?.map(defaultFieldRef);
  return items ? { ...source, downwardAPI: { items } } : source;
}

type FieldFile = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

function defaultFieldRef(file: FieldFile): FieldFile {
  return file.fieldRef ? { ...file, fieldRef: { apiVersion: "v1", ...file.fieldRef } } : file;
}
