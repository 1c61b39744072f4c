import type { DaemonSet } from "../../../kinds/core/daemon-set.ts";
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { HorizontalPodAutoscaler } from "../../../kinds/core/horizontal-pod-autoscaler.ts";
import type { Job } from "../../../kinds/core/job.ts";
import type { PodDisruptionBudget } from "../../../kinds/core/pod-disruption-budget.ts";
import type { PodTemplate } from "../../../kinds/core/pod-spec.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";
import type { StatefulSet } from "../../../kinds/core/stateful-set.ts";
import { age, humanDuration, pairs, selectorText } from "./human.ts";
import type { Printer } from "./table.ts";

const containers = { name: "Containers", wide: true };
const images = { name: "Images", wide: true };
const selector = { name: "Selector", wide: true };
const count = (name: string): { name: string; type: string } => ({ name, type: "integer" });

function containerNames(template: PodTemplate | undefined): string {
  return (template?.spec?.containers ?? []).map((container) => container.name).join(",");
}

function imageNames(template: PodTemplate | undefined): string {
  return (template?.spec?.containers ?? []).map((container) => container.image ?? "").join(",");
}

export const deploymentPrinter: Printer<Deployment> = {
  columns: ["Ready", "Up-to-date", "Available", "Age", containers, images, selector],
  cells: ({ metadata, spec, status }, now) => [
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template),
    imageNames(spec.template),
    selectorText(spec.selector),
  ],
};

export const replicaSetPrinter: Printer<ReplicaSet> = {
  columns: [count("Desired"), count("Current"), count("Ready"), "Age", containers, images, selector],
  cells: ({ metadata, spec, status }, now) => [
    spec.replicas ?? 1,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template),
    imageNames(spec.template),
    selectorText(spec.selector),
  ],
};

export const statefulSetPrinter: Printer<StatefulSet> = {
  columns: ["Ready", "Age", containers, images],
  cells: ({ metadata, spec, status }, now) => [
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template),
    imageNames(spec.template),
  ],
};

export const daemonSetPrinter: Printer<DaemonSet> = {
  columns: [
    count("Desired"),
    count("Current"),
    count("Ready"),
    count("Up-to-date"),
    count("Available"),
    "Node Selector",
    "Age",
    containers,
    images,
    selector,
  ],
  cells: ({ metadata, spec, status }, now) => [
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    pairs(spec.template.spec?.nodeSelector),
    age(metadata.creationTimestamp, now),
    containerNames(spec.template),
    imageNames(spec.template),
    selectorText(spec.selector),
  ],
};

export const jobPrinter: Printer<Job> = {
  columns: ["Status", "Completions", "Duration", "Age", containers, images, selector],
  cells: (job, now) => [
    jobStatus(job),
    `${job.status?.succeeded ?? 0}/${completions(job)}`,
    jobDuration(job, now),
    age(job.metadata.creationTimestamp, now),
    containerNames(job.spec.template),
    imageNames(job.spec.template),
    selectorText(job.spec.selector),
  ],
};

function completions({ spec }: Job): string {
  if (spec.completions !== undefined) return String(spec.completions);
  return (spec.parallelism ?? 1) > 1 ? `1 of ${spec.parallelism}` : "1";
}

function jobStatus({ metadata, status }: Job): string {
  const has = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata.deletionTimestamp) return "Terminating";
  if (has("Suspended")) return "Suspended";
  if (has("FailureTarget")) return "FailureTarget";
  return has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function jobDuration({ status }: Job, now: number): string {
  if (!status?.startTime) return "";
  const end = status.completionTime ? Date.parse(status.completionTime) : now;
  return humanDuration((end - Date.parse(status.startTime)) / 1000);
}

export const podDisruptionBudgetPrinter: Printer<PodDisruptionBudget> = {
  columns: ["Min Available", "Max Unavailable", count("Allowed Disruptions"), "Age"],
  cells: ({ metadata, spec, status }, now) => [
    String(spec?.minAvailable ?? "N/A"),
    String(spec?.maxUnavailable ?? "N/A"),
    status?.disruptionsAllowed ?? 0,
    age(metadata.creationTimestamp, now),
  ],
};

export const horizontalPodAutoscalerPrinter: Printer<HorizontalPodAutoscaler> = {
  columns: ["Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"],
  cells: ({ metadata, spec, status }, now) => [
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    targets(spec.metrics),
    String(spec.minReplicas ?? "<unset>"),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    age(metadata.creationTimestamp, now),
  ],
};

/** Nothing measures, so what is measured is not known. */
function targets(metrics: readonly Record<string, unknown>[] | undefined): string {
  const shown = (metrics ?? []).flatMap(({ resource }) => {
    const { name, target } = Object(resource);
    const wanted = target?.averageUtilization === undefined ? target?.averageValue : `${target.averageUtilization}%`;
    return name === undefined ? [] : [`${name}: <unknown>/${wanted ?? "<auto>"}`];
  });
  return shown.length === 0 ? "<unknown>" : shown.join(", ");
}
