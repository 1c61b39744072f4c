import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { defaultTemplate } from "./pod-defaults.ts";
import { PodTemplate, podListMapKeys } from "./pod-spec.ts";
import { immutable, podProblems } from "./pod-validation.ts";
import { anything, bool, Condition, int, LabelSelector, list, oneOf, shape, text, time } from "./shape.ts";

const count = Type.Integer({ minimum: 0 });

const JobSpec = shape(
  "JobSpec",
  { template: PodTemplate },
  {
    activeDeadlineSeconds: count,
    backoffLimit: count,
    backoffLimitPerIndex: count,
    completionMode: oneOf("NonIndexed", "Indexed"),
    completions: count,
    managedBy: text,
    manualSelector: bool,
    maxFailedIndexes: count,
    parallelism: count,
    podFailurePolicy: anything,
    podReplacementPolicy: text,
    selector: LabelSelector,
    successPolicy: anything,
    suspend: bool,
    ttlSecondsAfterFinished: count,
  },
);

const JobStatus = shape(
  "JobStatus",
  {},
  {
    active: int,
    completedIndexes: text,
    completionTime: time,
    conditions: list(Condition),
    failed: int,
    failedIndexes: text,
    ready: int,
    startTime: time,
    succeeded: int,
    terminating: int,
    uncountedTerminatedPods: anything,
  },
);

const schema = Type.Object({ spec: JobSpec, status: Type.Optional(JobStatus) });

export type Job = KubeObject & Type.Static<typeof schema>;

export const jobKind: Kind<Job> = {
  type: { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true },
  singular: "job",
  categories: ["all"],
  description: "Job runs pods until a number of them has succeeded.",
  schema,
  status: true,
  listMapKeys: { ...podListMapKeys("spec.template.spec"), "status.conditions": ["type"] },
  defaults: (job) => withOwnPods({ ...job, spec: defaultSpec(job.spec), status: job.status ?? {} }),
  validate: ({ spec }) => [
    ...(spec.template.spec ? podProblems(spec.template.spec, "spec.template.spec") : []),
    ...restartProblems(spec.template.spec?.restartPolicy),
  ],
  validateUpdate: (job, old) => [
    ...immutable("spec.completions", job.spec.completions, old.spec.completions),
    ...immutable("spec.selector", job.spec.selector, old.spec.selector),
    ...immutable("spec.template", job.spec.template, old.spec.template),
  ],
};

function defaultSpec(spec: Job["spec"]): Job["spec"] {
  const queue = spec.completions === undefined && spec.parallelism === undefined;
  return {
    ...spec,
    template: defaultTemplate(spec.template),
    backoffLimit: spec.backoffLimit ?? 6,
    completionMode: spec.completionMode ?? "NonIndexed",
    ...(queue && { completions: 1 }),
    manualSelector: spec.manualSelector ?? false,
    parallelism: spec.parallelism ?? 1,
    podReplacementPolicy: spec.podReplacementPolicy ?? "TerminatingOrFailed",
    suspend: spec.suspend ?? false,
  };
}

/** A Job finds its pods by a label with its own uid, unless it says that it has a selector of its own. */
function withOwnPods(job: Job): Job {
  const { uid, name } = job.metadata;
  if (uid === undefined || job.spec.manualSelector) return job;
  const { template } = job.spec;
  const labels = {
    ...template.metadata?.labels,
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  const selector = job.spec.selector ?? { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
  return {
    ...job,
    spec: { ...job.spec, selector, template: { ...template, metadata: { ...template.metadata, labels } } },
  };
}

function restartProblems(policy: string | undefined): Problem[] {
  if (policy === undefined || policy === "OnFailure" || policy === "Never") return [];
  return [
    {
      code: "LTN1108",
      field: "spec.template.spec.restartPolicy",
      message: 'valid values: "OnFailure", "Never"',
      remedy: "a Job's pods end: set restartPolicy to OnFailure or Never",
    },
  ];
}
