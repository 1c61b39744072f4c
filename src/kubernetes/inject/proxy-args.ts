import type { AppProbe } from "../../envoy/bootstrap/app-probes.ts";
import { bootstrap, envoyArgs, KUBERNETES_POD } from "../../envoy/bootstrap.ts";
import { version } from "../../version.ts";
import type { ProxyRequest } from "./proxy-container.ts";
import { IDENTITY_SOCKET_PATH, ROOT_CERT_PATH, TOKEN_PATH } from "./volumes.ts";

/** Environment variables by which Istio's proxies say something of themselves to the control plane. */
const META = "ISTIO_META_";

/** Envoy's command line, with what only the kubelet knows as `$(VAR)`. */
export function proxyArgs({ type, workload, options, app, settings }: ProxyRequest): string[] {
  const { config } = options;
  const { probes, leaveSeconds } = app;
  const told = Object.entries(config.proxyMetadata).filter(([name]) => name.startsWith(META));
  const status = type === "sidecar" && config.statusPort !== 0;
  const envoy = bootstrap({
    type,
    pod: KUBERNETES_POD,
    clusterDomain: settings.clusterDomain,
    xds: {
      address: config.discoveryAddress || settings.discoveryAddress,
      rootCertificate: ROOT_CERT_PATH,
      token: TOKEN_PATH,
    },
    ...(status && { status: { port: config.statusPort, probes: probes.map(literalProbe), leaveSeconds } }),
    ...(settings.identitySocket && { identitySocket: IDENTITY_SOCKET_PATH }),
    runtime: literals(config.runtimeValues),
    metadata: {
      CLUSTER_ID: settings.clusterId,
      INTERCEPTION_MODE: options.interception,
      ISTIO_VERSION: version(),
      MESH_ID: config.meshId || settings.meshId || settings.trustDomain,
      ...(settings.network && { NETWORK: settings.network }),
      NODE_NAME: "$(ISTIO_META_NODE_NAME)",
      SERVICE_ACCOUNT: "$(SERVICE_ACCOUNT)",
      WORKLOAD_NAME: workload,
      ...literals(Object.fromEntries(told.map(([name, value]) => [name.slice(META.length), value]))),
    },
    ...(settings.socketMark !== undefined && { socketMark: settings.socketMark }),
  });
  return envoyArgs(envoy, {
    concurrency: config.concurrency,
    logLevel: options.logLevel,
    componentLogLevel: options.componentLogLevel,
    drainSeconds: Math.ceil(config.drainMs / 1000),
  });
}

/** A pod's own text, so that the kubelet does not take `$(…)` in it for a variable. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function literals(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [literal(name), literal(text)]));
}

function literalProbe(probe: AppProbe): AppProbe {
  switch (probe.type) {
    case "Http":
      return { ...probe, targetPath: literal(probe.targetPath) };
    case "Grpc":
      return { ...probe, service: literal(probe.service) };
    case "Tcp":
      return probe;
  }
}
