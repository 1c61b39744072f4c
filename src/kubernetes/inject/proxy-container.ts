import type { AppProbe } from "../../envoy/bootstrap/app-probes.ts";
import type { Container } from "../../kinds/core/container.ts";
import { drain, waitUntilReady } from "./lifecycle.ts";
import { proxyArgs } from "./proxy-args.ts";
import type { ProxyOptions } from "./proxy-options.ts";
import { type InjectSettings, PROXY_UID } from "./settings.ts";
import { proxyVolumeMounts } from "./volumes.ts";

export const PROXY_CONTAINER = "istio-proxy";

export interface ProxyRequest {
  type: "sidecar" | "router";
  /** Of the Deployment or other owner. */
  workload: string;
  options: ProxyOptions;
  /** What it does for the application that it stands before. */
  app: { probes: readonly AppProbe[]; leaveSeconds: number };
  settings: InjectSettings;
}

/**
 * Envoy in a container, with its whole bootstrap as an argument: no agent beside it, and nothing to write to disk. The
 * kubelet puts the pod's name, namespace and address into the arguments (`$(POD_NAME)`). Envoy is the image's
 * entrypoint.
 */
export function proxyContainer(request: ProxyRequest): Container {
  const { type, options, settings } = request;
  const { config, readiness } = options;
  const ready = { httpGet: { path: "/healthz/ready", port: 15021 }, timeoutSeconds: 3 };
  const held = type === "sidecar" && (options.native || config.holdApplicationUntilProxyStarts);
  return {
    name: PROXY_CONTAINER,
    image: options.image,
    ...(settings.imagePullPolicy && { imagePullPolicy: settings.imagePullPolicy }),
    args: proxyArgs(request),
    env: [
      field("POD_NAME", "metadata.name"),
      field("POD_NAMESPACE", "metadata.namespace"),
      field("INSTANCE_IP", "status.podIP"),
      field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
      field("HOST_IP", "status.hostIP"),
      field("ISTIO_META_NODE_NAME", "spec.nodeName"),
      ...Object.entries(config.proxyMetadata).map(([name, value]) => ({ name, value })),
    ],
    ports: [{ containerPort: 15090, protocol: "TCP", name: "http-envoy-prom" }],
    readinessProbe: { ...ready, ...readiness },
    lifecycle: settings.lifecycle ?? {
      ...(held && { postStart: waitUntilReady() }),
      preStop: drain({ type, drainMs: config.terminationDrainMs }),
    },
    resources: options.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: PROXY_UID,
      runAsGroup: PROXY_UID,
    },
    volumeMounts: [...proxyVolumeMounts],
  };
}

function field(name: string, fieldPath: string): { name: string; valueFrom: { fieldRef: { fieldPath: string } } } {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
