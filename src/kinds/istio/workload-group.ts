import { Type } from "typebox";
import { exclusive, ruled } from "./cel.ts";
import { AGE, istioKind, list, portNumber, shape, text, textMap, texts } from "./common.ts";
import { checkLabels } from "./hosts-checks.ts";
import { collect, type Report } from "./report.ts";
import { checkPort } from "./value-checks.ts";
import { WorkloadEntrySpec } from "./workload-entry-schema.ts";

const count = Type.Integer({ minimum: 0 });
const header = shape("HTTPHeader", {}, { name: Type.String({ pattern: "^[-_A-Za-z0-9]+$" }), value: text });

const scheme = ruled(text, { "self in ['', 'HTTP', 'HTTPS']": "must be HTTP or HTTPS" });

const ReadinessProbe = exclusive(
  shape(
    "ReadinessProbe",
    {},
    {
      initialDelaySeconds: count,
      timeoutSeconds: count,
      periodSeconds: count,
      successThreshold: count,
      failureThreshold: count,
      httpGet: shape(
        "HTTPHealthCheckConfig",
        { port: portNumber },
        { path: text, host: text, scheme, httpHeaders: list(header) },
      ),
      tcpSocket: shape("TCPHealthCheckConfig", { port: portNumber }, { host: text }),
      exec: shape("ExecHealthCheckConfig", { command: texts }, {}),
      grpc: shape("GrpcHealthCheckConfig", {}, { port: portNumber, service: text }),
    },
  ),
  ["httpGet", "tcpSocket", "exec", "grpc"],
);

const WorkloadGroupSpec = shape(
  "WorkloadGroupSpec",
  { template: WorkloadEntrySpec },
  { metadata: shape("ObjectMeta", {}, { labels: textMap, annotations: textMap }), probe: ReadinessProbe },
);
type WorkloadGroupSpec = Type.Static<typeof WorkloadGroupSpec>;

export const workloadGroupKind = istioKind<WorkloadGroupSpec>(
  {
    group: "networking",
    version: "v1",
    otherVersions: ["v1beta1", "v1alpha3"],
    kind: "WorkloadGroup",
    plural: "workloadgroups",
  },
  WorkloadGroupSpec,
  {
    description:
      "WorkloadGroup says what WorkloadEntries have in common that register by themselves, and how they are probed.",
    shortNames: ["wg"],
    columns: [AGE],
    validate: ({ spec }) => collect((report) => spec && check(report, spec)),
  },
);

function check(report: Report, { template, metadata, probe }: WorkloadGroupSpec): void {
  checkLabels(report, "spec.template.labels", template.labels);
  checkLabels(report, "spec.metadata.labels", metadata?.labels);
  if (template.address) {
    report("value", "spec.template.address", "each workload of the group has its own address", "take it out");
  }
  if (!probe) return;
  const ways = (["httpGet", "tcpSocket", "exec", "grpc"] as const).filter((way) => probe[way]);
  if (ways.length !== 1)
    report("conflict", "spec.probe", "a probe asks in one way", "give httpGet, tcpSocket, exec or grpc");
  for (const way of ["httpGet", "tcpSocket", "grpc"] as const) {
    checkPort(report, `spec.probe.${way}.port`, probe[way]?.port);
  }
  if (probe.exec?.command.length === 0) report("missing", "spec.probe.exec.command", "say what to run");
  const scheme = probe.httpGet?.scheme;
  if (scheme && scheme !== "HTTP" && scheme !== "HTTPS") {
    report("value", "spec.probe.httpGet.scheme", `"${scheme}" is no scheme`, "use HTTP or HTTPS");
  }
}
