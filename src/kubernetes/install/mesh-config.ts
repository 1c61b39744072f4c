import { LateenError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { isFields } from "../../store/patch/json.ts";
import { InjectionError } from "../inject/error.ts";
import { injectSettings } from "./inject-settings.ts";
import type { Installation, Notice } from "./installation.ts";

/** Of MeshConfig, what the control plane goes by: src/mesh/settings.ts and injection read it. */
const READ = [
  "accessLogFile",
  "connectTimeout",
  "defaultConfig",
  "defaultHttpRetryPolicy",
  "enableAutoMtls",
  "extensionProviders",
  "lateen",
  "meshMTLS",
  "outboundTrafficPolicy",
  "pathNormalization",
  "proxyDomain",
  "rootNamespace",
  "trustDomain",
  "trustDomainAliases",
];

/** Istio's other fields. They are kept in ConfigMap `istio` for when they mean something here. */
const KEPT = [
  "accessLogEncoding",
  "accessLogFormat",
  "ca",
  "caCertificates",
  "certificates",
  "configSources",
  "defaultDestinationRuleExportTo",
  "defaultProviders",
  "defaultServiceExportTo",
  "defaultTrafficPolicy",
  "defaultVirtualServiceExportTo",
  "disableEnvoyListenerLog",
  "discoverySelectors",
  "dnsRefreshRate",
  "enableEnvoyAccessLogService",
  "enablePrometheusMerge",
  "enableTracing",
  "h2UpgradePolicy",
  "hboneIdleTimeout",
  "inboundClusterStatName",
  "inboundTrafficPolicy",
  "ingressClass",
  "ingressControllerMode",
  "ingressSelector",
  "ingressService",
  "localityLbSetting",
  "outboundClusterStatName",
  "protocolDetectionTimeout",
  "proxyHttpPort",
  "proxyInboundListenPort",
  "proxyListenPort",
  "serviceEntryVisibility",
  "serviceScopeConfigs",
  "serviceSettings",
  "tcpKeepalive",
  "tlsDefaults",
  "verifyCertificateAtClient",
  "zoneAwareLbSetting",
];

/** What of meshConfig nothing reads, so that it is not thought to hold. Throws on what injection would refuse later. */
export function checkMeshConfig(installation: Omit<Installation, "warnings">): Notice[] {
  const unread = Object.keys(installation.meshConfig).filter((name) => !READ.includes(name));
  const unknown = unread.filter((name) => !KEPT.includes(name));
  if (unknown.length > 0) throw misspelt(unknown);
  const { ignored } = settings(installation).proxyConfig;
  const proxy = isFields(installation.meshConfig.defaultConfig) ? installation.meshConfig.defaultConfig : {};
  return [...unread, ...ignored.filter((name) => name in proxy).map((name) => `defaultConfig.${name}`)].map((name) => ({
    field: `spec.meshConfig.${name}`,
    message: "is kept, but nothing goes by it yet",
  }));
}

function misspelt(names: readonly string[]): LateenError {
  const lines = names.map((name) => {
    const meant = nearest(name, [...READ, ...KEPT]);
    return `spec.meshConfig.${name}: there is no such field${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
  });
  return new LateenError("LTN5304", lines.join("\n  "), "docs/install.md lists the fields that the mesh goes by.");
}

/** By which sidecars would be injected. */
function settings(installation: Omit<Installation, "warnings">) {
  try {
    return injectSettings({ ...installation, warnings: [] });
  } catch (error) {
    if (!(error instanceof InjectionError)) throw error;
    throw new LateenError("LTN5306", `spec.meshConfig.defaultConfig: ${error.problem}`, error.remedy);
  }
}
