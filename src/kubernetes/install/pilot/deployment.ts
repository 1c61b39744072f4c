import type { Container } from "../../../kinds/core/container.ts";
import type { KubeObject } from "../../../store/object.ts";
import { imageOf } from "../image.ts";
import type { Installation } from "../installation.ts";
import { DEFAULT_REVISION, pilotMeta, pilotSelector, revisioned, revisionLabels } from "../names.ts";
import { replicas } from "../scaling.ts";

export function deployment(installation: Installation): KubeObject {
  const { revision, values } = installation;
  const { pilot, global } = values;
  const selector = pilotSelector(installation);
  const metadata = pilotMeta(installation, revisioned("istiod", revision), pilot.deploymentLabels);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      ...replicas(pilot),
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: {
            app: "istiod",
            // A canary is not among the pods that the default revision's Service selects.
            istio: revision === DEFAULT_REVISION ? "pilot" : "istiod",
            ...revisionLabels(installation, "Pilot"),
            "sidecar.istio.io/inject": "false",
            "istio.io/dataplane-mode": "none",
            ...pilot.podLabels,
          },
          annotations: { "prometheus.io/port": "15014", "prometheus.io/scrape": "true", ...pilot.podAnnotations },
        },
        spec: {
          serviceAccountName: metadata.name,
          ...(global.priorityClassName !== "" && { priorityClassName: global.priorityClassName }),
          ...(pilot.nodeSelector && { nodeSelector: pilot.nodeSelector }),
          ...(pilot.affinity && { affinity: pilot.affinity }),
          ...(pilot.tolerations && { tolerations: pilot.tolerations }),
          topologySpreadConstraints: pilot.topologySpreadConstraints ?? [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: selector },
            },
          ],
          securityContext: { runAsUser: 1337, runAsGroup: 1337, runAsNonRoot: true, fsGroup: 1337 },
          containers: [discovery(installation)],
          volumes: [{ name: "tmp", emptyDir: {} }, ...(pilot.volumes ?? [])],
        },
      },
    },
  };
}

function discovery(installation: Installation): Container {
  const { revision, values } = installation;
  const { pilot, global } = values;
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, timeoutSeconds: 5 });
  return {
    name: "discovery",
    image: imageOf(installation, pilot.image, { ...pilot, ...installation.components.pilot }),
    ...(global.imagePullPolicy !== "" && { imagePullPolicy: global.imagePullPolicy }),
    args: ["discovery", `--log_output_level=${global.logging.level}`, "--domain", global.proxy.clusterDomain],
    env: [
      { name: "REVISION", value: revision },
      field("POD_NAME", "metadata.name"),
      field("POD_NAMESPACE", "metadata.namespace"),
      field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
      { name: "CLUSTER_ID", value: global.multiCluster.clusterName },
      { name: "PILOT_TRACE_SAMPLING", value: String(pilot.traceSampling) },
      ...Object.entries(pilot.env).map(([name, value]) => ({ name, value: String(value) })),
      ...(pilot.envVarFrom ?? []),
    ],
    ports: [
      { containerPort: 8080, protocol: "TCP", name: "http-probes" },
      { containerPort: 15012, protocol: "TCP", name: "tls-xds" },
      { containerPort: 15014, protocol: "TCP", name: "http-monitoring" },
      { containerPort: 15017, protocol: "TCP", name: "https-webhooks" },
    ],
    // It is up when it has seen the cluster's objects; only then can probes of a large cluster fail it.
    startupProbe: { ...probe("/live"), periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { ...probe("/ready"), periodSeconds: 3 },
    livenessProbe: { ...probe("/live"), periodSeconds: 10, failureThreshold: 6 },
    resources: pilot.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: pilot.seccompProfile,
    },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...(pilot.volumeMounts ?? [])],
  };
}

function field(name: string, fieldPath: string): { name: string; valueFrom: { fieldRef: { fieldPath: string } } } {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
