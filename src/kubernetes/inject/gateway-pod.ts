import type { PodTemplate } from "../../kinds/core/pod-spec.ts";
import { gatewayTemplate } from "./gateway.ts";
import { PROXY_CONTAINER } from "./proxy-container.ts";
import type { InjectSettings } from "./settings.ts";

export interface GatewayPodRequest {
  /** The Deployment's name. */
  workload: string;
  namespace: string;
  serviceAccount: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

/** The pod of a gateway that is deployed without anyone having written one: the gateway template on an empty pod. */
export function gatewayPodTemplate(request: GatewayPodRequest, settings: InjectSettings): PodTemplate {
  const { metadata, spec } = gatewayTemplate(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: request.workload,
        namespace: request.namespace,
        labels: { ...request.labels },
        annotations: {
          "prometheus.io/scrape": "true",
          "prometheus.io/port": "15090",
          "prometheus.io/path": "/stats/prometheus",
          ...request.annotations,
        },
      },
      spec: {
        serviceAccountName: request.serviceAccount,
        containers: [
          {
            name: PROXY_CONTAINER,
            image: "auto",
            // Nothing waits for it to start but its Service: that should know within a second.
            startupProbe: {
              httpGet: { path: "/healthz/ready", port: 15021 },
              periodSeconds: 1,
              timeoutSeconds: 3,
              failureThreshold: 600,
            },
            ports: [
              { containerPort: 15021, protocol: "TCP", name: "status-port" },
              { containerPort: 15090, protocol: "TCP", name: "http-envoy-prom" },
            ],
          },
        ],
      },
    },
    settings,
  );
  return {
    metadata: { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
    spec,
  };
}
