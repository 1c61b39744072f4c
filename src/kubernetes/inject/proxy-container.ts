import type { Container } from "../../kinds/core/container.ts";
import type { Labels } from "../../mesh/model.ts";
import { proxyArgs } from "./proxy-args.ts";
import { proxyOptions } from "./proxy-config.ts";
import { type InjectSettings, PROXY_UID } from "./settings.ts";
import { proxyVolumeMounts } from "./volumes.ts";

export const PROXY_CONTAINER = "istio-proxy";

export interface ProxyRequest {
  type: "sidecar" | "router";
  annotations: Labels;
  /** Of the Deployment or other owner. */
  workload: string;
  interception: "REDIRECT" | "NONE";
  settings: InjectSettings;
}

/**
 * Envoy in a container, with its whole bootstrap as an argument: no agent beside it, and nothing to write to disk. The
 * kubelet puts the pod's name, namespace and address into the arguments (`$(POD_NAME)`). Envoy is the image's
 * entrypoint.
 */
export function proxyContainer(request: ProxyRequest): Container {
  const { settings, annotations } = request;
  const options = proxyOptions(annotations, settings);
  const ready = { httpGet: { path: "/healthz/ready", port: 15021 }, timeoutSeconds: 3 };
  return {
    name: PROXY_CONTAINER,
    image: options.image,
    ...(settings.imagePullPolicy === undefined ? {} : { imagePullPolicy: settings.imagePullPolicy }),
    args: proxyArgs(request, options),
    env: [
      field("POD_NAME", "metadata.name"),
      field("POD_NAMESPACE", "metadata.namespace"),
      field("INSTANCE_IP", "status.podIP"),
      field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
      field("HOST_IP", "status.hostIP"),
      field("ISTIO_META_NODE_NAME", "spec.nodeName"),
    ],
    ports: [{ containerPort: 15090, protocol: "TCP", name: "http-envoy-prom" }],
    // The app waits for this one: once a second is as often as Kubernetes probes. The readiness probe comes right after
    // it, and then seldom: it is there to notice a proxy that drains or has died.
    startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
    readinessProbe: { ...ready, periodSeconds: 15, failureThreshold: 4 },
    lifecycle: { preStop: { exec: { command: DRAIN } } },
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

/**
 * Runs when the pod is told to stop, while the app still works: from then on Envoy asks clients to take their
 * connections elsewhere, and goes on serving those that it has. In bash, since the image needs no HTTP client then.
 */
const DRAIN = [
  "bash",
  "-c",
  "exec 3<>/dev/tcp/127.0.0.1/15000 && printf '" +
    "POST /drain_listeners?inboundonly&graceful&skip_exit HTTP/1.1\\r\\nHost: localhost\\r\\n" +
    "Content-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' >&3 && cat <&3",
];

function field(name: string, fieldPath: string): { name: string; valueFrom: { fieldRef: { fieldPath: string } } } {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
