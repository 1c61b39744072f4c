import type { Type } from "typebox";
import type { Container, EnvVar } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { API_SERVICE_IP } from "../addresses.ts";
import type { Service } from "../resources.ts";
import { expand } from "./expand.ts";
import { podField, resourceField } from "./fields.ts";
import { serviceLinks } from "./service-links.ts";
import { ConfigError, entriesOf, type Sources } from "./sources.ts";

/** Where the API is, for clients in containers: there before the Service object is. */
const API_SERVICE: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "default", name: "kubernetes" },
  spec: { clusterIP: API_SERVICE_IP, ports: [{ name: "https", port: 443, protocol: "TCP" }] },
};

export interface EnvironmentInput {
  pod: Pod;
  podIP: string;
  container: Container;
  /** Of the image. */
  image: Readonly<Record<string, string>>;
  sources: Sources;
}

/** A container's environment: the image's, Services', envFrom and env, each over the former. */
export function environment({ pod, podIP, container, image, sources }: EnvironmentInput): Map<string, string> {
  const namespace = pod.metadata.namespace ?? "default";
  const variables = new Map(Object.entries(image));
  variables.set("HOSTNAME", pod.spec.hostname ?? pod.metadata.name);
  const linked = pod.spec.enableServiceLinks === false ? [] : sources.services(namespace);
  for (const [name, value] of serviceLinks([API_SERVICE, ...linked])) variables.set(name, value);
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [kind, ref] of [
      ["ConfigMap", configMapRef],
      ["Secret", secretRef],
    ] as const) {
      if (!ref) continue;
      const entries = entriesOf(sources, kind, namespace, ref.name ?? "");
      if (!entries && !ref.optional) throw new ConfigError(`${kind.toLowerCase()} "${ref.name}" not found`);
      for (const [key, value] of entries ?? []) variables.set(prefix + key, value.toString("utf8"));
    }
  }
  for (const entry of container.env ?? []) {
    const value = entryValue(entry, { pod, podIP, container, image, sources }, variables);
    if (value !== undefined) variables.set(entry.name, value);
  }
  return variables;
}

function entryValue(
  entry: Type.Static<typeof EnvVar>,
  { pod, podIP, container, sources }: EnvironmentInput,
  variables: ReadonlyMap<string, string>,
): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = entry.valueFrom ?? {};
  if (fieldRef) {
    const value = podField(pod, podIP, fieldRef.fieldPath);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) {
    const value = resourceField(pod, container, resourceFieldRef);
    if (value === undefined) throw new ConfigError(`unsupported container resource: ${resourceFieldRef.resource}`);
    return value;
  }
  const namespace = pod.metadata.namespace ?? "default";
  for (const [kind, ref] of [
    ["ConfigMap", configMapKeyRef],
    ["Secret", secretKeyRef],
  ] as const) {
    if (!ref) continue;
    const entries = entriesOf(sources, kind, namespace, ref.name ?? "");
    const value = entries?.get(ref.key);
    if (value) return value.toString("utf8");
    if (ref.optional) return undefined;
    if (!entries) throw new ConfigError(`${kind.toLowerCase()} "${ref.name}" not found`);
    throw new ConfigError(`couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`);
  }
  return expand(entry.value ?? "", variables);
}
