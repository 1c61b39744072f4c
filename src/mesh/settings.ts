/** Mesh-wide settings, from the ConfigMap `istio` where Istio keeps them, under the names that Istio gives them. */
import { parse } from "yaml";
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import { durationMs } from "../kinds/istio/duration.ts";
import { CIPHER_SUITES } from "../kinds/istio/server-tls-checks.ts";
import type { MeshInputs } from "./inputs.ts";
import type { ConfigMapObject } from "./kubernetes.ts";
import type { ForwardClientCert, MeshSettings } from "./model.ts";
import { extAuthzProviders } from "./security/extension-providers.ts";

export const SYSTEM_NAMESPACE = "istio-system";

export const DEFAULT_SETTINGS: MeshSettings = {
  rootNamespace: SYSTEM_NAMESPACE,
  clusterDomain: "cluster.local",
  trustDomain: "cluster.local",
  trustDomainAliases: [],
  extAuthzProviders: [],
  pathNormalization: "BASE",
  trustedProxies: 0,
  gatewayClientCert: "SANITIZE_SET",
  autoMtls: true,
  meshTls: { minVersion: "TLSV1_3", cipherSuites: [] },
  outboundTrafficPolicy: "ALLOW_ANY",
  delivery: "Lazy",
  jwks: { allowedNetworks: [], allowedHosts: [] },
  accessLogFile: "",
  defaultHttpRetries: 2,
  connectTimeoutMs: 10_000,
};

/** One row, key "". Where the YAML cannot be read, the last good settings stay in force, at first the defaults. */
export function wireSettings(graph: Graph, inputs: Pick<MeshInputs, "configMaps">): Collection<MeshSettings> {
  const always = graph.input<true>("mesh");
  always.set("", true);
  return graph.derive("settings", always, (_key, _value, read) =>
    settingsOf(read.get(inputs.configMaps, `${SYSTEM_NAMESPACE}/istio`)),
  );
}

/** Throws when the YAML cannot be read. */
export function settingsOf(configMap: ConfigMapObject | undefined): MeshSettings {
  const mesh: unknown = parse(configMap?.data?.mesh ?? "");
  const field = (...path: string[]): unknown => path.reduce<unknown>(member, mesh);
  const text = (fallback: string, ...path: string[]): string => {
    const value = field(...path);
    return typeof value === "string" ? value : fallback;
  };
  const d = DEFAULT_SETTINGS;
  const attempts = field("defaultHttpRetryPolicy", "attempts");
  return {
    rootNamespace: text(d.rootNamespace, "rootNamespace"),
    clusterDomain: text(d.clusterDomain, "proxyDomain"),
    trustDomain: text(d.trustDomain, "trustDomain") || d.trustDomain,
    trustDomainAliases: texts(field("trustDomainAliases")),
    extAuthzProviders: extAuthzProviders(field("extensionProviders")),
    pathNormalization: pathNormalization(field("pathNormalization", "normalization")),
    trustedProxies: count(field("defaultConfig", "gatewayTopology", "numTrustedProxies")),
    gatewayClientCert: clientCert(field("defaultConfig", "gatewayTopology", "forwardClientCertDetails")),
    autoMtls: field("enableAutoMtls") !== false,
    meshTls: {
      minVersion: field("meshMTLS", "minProtocolVersion") === "TLSV1_2" ? "TLSV1_2" : "TLSV1_3",
      // one that it does not know makes Envoy refuse all listeners and clusters
      cipherSuites: texts(field("meshMTLS", "cipherSuites")).filter((name) => CIPHER_SUITES.has(name)),
    },
    outboundTrafficPolicy: field("outboundTrafficPolicy", "mode") === "REGISTRY_ONLY" ? "REGISTRY_ONLY" : "ALLOW_ANY",
    delivery: field("lateen", "delivery") === "Eager" ? "Eager" : "Lazy",
    jwks: {
      allowedNetworks: texts(field("lateen", "jwksAllowedNetworks")),
      allowedHosts: texts(field("lateen", "jwksAllowedHosts")).map((host) => host.toLowerCase()),
    },
    accessLogFile: text(d.accessLogFile, "accessLogFile"),
    defaultHttpRetries: typeof attempts === "number" ? attempts : d.defaultHttpRetries,
    connectTimeoutMs: durationMs(text("", "connectTimeout")) ?? d.connectTimeoutMs,
  };
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : 0;
}

function pathNormalization(value: unknown): MeshSettings["pathNormalization"] {
  return value === "NONE" || value === "MERGE_SLASHES" || value === "DECODE_AND_MERGE_SLASHES" ? value : "BASE";
}

const FORWARDS: readonly ForwardClientCert[] = [
  "SANITIZE",
  "FORWARD_ONLY",
  "APPEND_FORWARD",
  "SANITIZE_SET",
  "ALWAYS_FORWARD_ONLY",
];

function clientCert(value: unknown): ForwardClientCert {
  return FORWARDS.find((name) => name === value) ?? DEFAULT_SETTINGS.gatewayClientCert;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string" && each !== "") : [];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
