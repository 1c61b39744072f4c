import type { ConfigMap, Secret, Service } from "../resources.ts";

/** What containers read from the API, from the node's memory. Keys are `namespace/name`. */
export interface Sources {
  configMap(key: string): ConfigMap | undefined;
  secret(key: string): Secret | undefined;
  services(namespace: string): Service[];
}

/** A container cannot be made as its pod asks; it is tried again, since what is missing may come. */
export class ConfigError extends Error {}

/** The entries of a ConfigMap or Secret as bytes; undefined when there is no such object. */
export function entriesOf(
  sources: Sources,
  kind: "ConfigMap" | "Secret",
  namespace: string,
  name: string,
): Map<string, Buffer> | undefined {
  const entries = new Map<string, Buffer>();
  if (kind === "Secret") {
    const secret = sources.secret(`${namespace}/${name}`);
    if (!secret) return undefined;
    for (const [key, value] of Object.entries(secret.data ?? {})) entries.set(key, Buffer.from(value, "base64"));
    return entries;
  }
  const configMap = sources.configMap(`${namespace}/${name}`);
  if (!configMap) return undefined;
  for (const [key, value] of Object.entries(configMap.data ?? {})) entries.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(configMap.binaryData ?? {})) entries.set(key, Buffer.from(value, "base64"));
  return entries;
}
