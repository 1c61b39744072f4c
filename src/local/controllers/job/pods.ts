/** The pods of a Job: how many more are needed, and what they look like. Pure. */
import type { Job } from "../../../kinds/core/job.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { isActive, podFromTemplate } from "../pods.ts";

const INDEX = "batch.kubernetes.io/job-completion-index";

export interface JobPods {
  active: Pod[];
  succeeded: Pod[];
  failed: Pod[];
}

export function sortedPods(pods: readonly Pod[]): JobPods {
  return {
    active: pods.filter(isActive),
    succeeded: pods.filter(({ status }) => status?.phase === "Succeeded"),
    failed: pods.filter(({ status }) => status?.phase === "Failed"),
  };
}

/** New pods that the Job should have now: by their completion index, or undefined for each where they have none. */
export function missingPods({ spec }: Job, { active, succeeded }: JobPods): (number | undefined)[] {
  const parallelism = spec.parallelism ?? 1;
  if (spec.completionMode === "Indexed") {
    const taken = new Set([...active, ...succeeded].map(indexOf));
    const open = Array.from({ length: spec.completions ?? 0 }, (_, i) => i).filter((i) => !taken.has(i));
    return open.slice(0, Math.max(0, parallelism - active.length));
  }
  // Without a number of completions the first success ends it: others run out, none is added.
  const left =
    spec.completions === undefined ? (succeeded.length > 0 ? 0 : parallelism) : spec.completions - succeeded.length;
  const length = Math.max(0, Math.min(parallelism, left) - active.length);
  return Array.from({ length }, () => undefined);
}

export function isReached({ spec }: Job, { active, succeeded }: JobPods): boolean {
  if (spec.completionMode === "Indexed") return new Set(succeeded.map(indexOf)).size >= (spec.completions ?? 0);
  if (spec.completions === undefined) return succeeded.length > 0 && active.length === 0;
  return succeeded.length >= spec.completions;
}

/** Failures, as the back-off limit counts them: failed pods, and restarts within pods that restart. */
export function failures({ spec }: Job, { active, failed }: JobPods): number {
  if (spec.template.spec?.restartPolicy !== "OnFailure") return failed.length;
  const statuses = active.flatMap(({ status }) => [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ]);
  return failed.length + statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

export function jobPod(job: Job, index: number | undefined): Pod {
  const { name, uid = "" } = job.metadata;
  const labels = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  if (index === undefined) return podFromTemplate(job, job.spec.template, { generateName: `${name}-` }, labels);
  const generateName = `${name}-${index}-`;
  const indexed = { ...labels, [INDEX]: String(index) };
  const pod = podFromTemplate(job, job.spec.template, { generateName }, indexed);
  const variable = { name: "JOB_COMPLETION_INDEX", value: String(index) };
  const containers = pod.spec.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []).filter((one) => one.name !== variable.name), variable],
  }));
  const annotations = { ...pod.metadata.annotations, [INDEX]: String(index) };
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...pod.spec, hostname: `${name}-${index}`, containers },
  };
}

function indexOf({ metadata }: Pod): number {
  return Number(metadata.annotations?.[INDEX] ?? -1);
}
