/** Jobs: pods that run until enough of them have succeeded, or too many have failed. */
import { equal } from "../../../engine/equal.ts";
import type { Job } from "../../../kinds/core/job.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { keyOf } from "../../../store/object.ts";
import { conditionOf, type NewCondition, withCondition } from "../conditions.ts";
import { controllerOf } from "../owners.ts";
import { createPod, deletePod } from "../pod-writes.ts";
import { isReady, isTerminating, soonest } from "../pods.ts";
import { millis, timestamp } from "../time.ts";
import type { World } from "../world.ts";
import { failures, isReached, type JobPods, jobPod, missingPods, sortedPods } from "./pods.ts";

const COMPONENT = "job-controller";
const FIRST_BACKOFF_MS = 10_000;
const LAST_BACKOFF_MS = 360_000;

export function runJobs(world: World): void {
  const queue = world.queue(COMPONENT, async (key) => {
    const job = world.jobs.get(key);
    if (!job || isTerminating(job)) return;
    const again = isOver(job) ? await expire(world, job) : await syncJob(world, job);
    if (again !== undefined) queue.addAfter(key, again);
  });
  world.jobs.onChange(({ after }) => after && queue.add(keyOf(after)));
  world.pods.onChange(({ before, after }) => {
    const pod = after ?? before;
    const owner = pod && controllerOf(pod);
    if (owner?.kind === "Job") queue.add(`${pod?.metadata.namespace ?? ""}/${owner.name}`);
  });
}

/** Returns in how many milliseconds to look again, if nothing happens before. */
async function syncJob(world: World, job: Job): Promise<number | undefined> {
  const now = world.now();
  const pods = podsOf(world, job);
  const verdict = judge(job, pods, now);
  let wait: number | undefined;
  if (verdict || job.spec.suspend === true) {
    for (const pod of pods.active) await deletePod(world, COMPONENT, job, pod);
  } else {
    wait = backOff(pods.failed, now);
    if (wait === undefined) {
      for (const index of missingPods(job, pods)) await createPod(world, COMPONENT, job, jobPod(job, index));
    }
  }
  await writeStatus(world, job, verdict);
  return soonest([wait, untilDeadline(job, now)]);
}

function podsOf(world: World, job: Job): JobPods {
  return sortedPods(world.pods.controlledBy(job.metadata.uid ?? ""));
}

function isOver({ status }: Job): boolean {
  return ["Complete", "Failed"].some((type) => conditionOf(status?.conditions, type)?.status === "True");
}

/** How the Job ended; undefined: it goes on. */
function judge(job: Job, pods: JobPods, now: Date): NewCondition | undefined {
  if (isReached(job, pods)) {
    const message = "Reached expected number of succeeded pods";
    return { type: "Complete", status: "True", reason: "CompletionsReached", message };
  }
  if (failures(job, pods) > (job.spec.backoffLimit ?? 6)) {
    const message = "Job has reached the specified backoff limit";
    return { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message };
  }
  if (untilDeadline(job, now) === 0) {
    const message = "Job was active longer than specified deadline";
    return { type: "Failed", status: "True", reason: "DeadlineExceeded", message };
  }
  return undefined;
}

/** Milliseconds that the Job may still run; undefined: as long as it likes. */
function untilDeadline({ spec, status }: Job, now: Date): number | undefined {
  const started = millis(status?.startTime);
  if (spec.activeDeadlineSeconds === undefined || started === undefined || spec.suspend === true) return undefined;
  return Math.max(0, started + spec.activeDeadlineSeconds * 1000 - now.getTime());
}

/** Milliseconds until another pod may be tried after failures, twice as long after each. */
function backOff(failed: readonly Pod[], now: Date): number | undefined {
  if (failed.length === 0) return undefined;
  const pause = Math.min(FIRST_BACKOFF_MS * 2 ** (failed.length - 1), LAST_BACKOFF_MS);
  const left = Math.max(...failed.map(finishedAt)) + pause - now.getTime();
  return left > 0 ? left : undefined;
}

function finishedAt({ metadata, status }: Pod): number {
  const times = (status?.containerStatuses ?? []).map(({ state }) => millis(state?.terminated?.finishedAt) ?? 0);
  return Math.max(0, ...times) || (millis(metadata.creationTimestamp) ?? 0);
}

async function writeStatus(world: World, job: Job, verdict: NewCondition | undefined): Promise<void> {
  const current = world.jobs.get(keyOf(job));
  if (!current) return;
  const now = world.now();
  const pods = podsOf(world, job);
  const suspended = job.spec.suspend === true;
  const known = current.status?.conditions;
  let conditions = known ?? [];
  if (suspended || conditionOf(known, "Suspended")) conditions = withCondition(conditions, suspension(suspended), now);
  if (verdict) {
    const type = verdict.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
    conditions = withCondition(withCondition(conditions, { ...verdict, type }, now), verdict, now);
    const failed = verdict.type === "Failed";
    world.recorder.record(COMPONENT, job, {
      type: failed ? "Warning" : "Normal",
      reason: failed ? verdict.reason : "Completed",
      message: failed ? verdict.message : "Job completed",
    });
  }
  const startTime = suspended ? undefined : (current.status?.startTime ?? timestamp(now));
  const active = verdict || suspended ? 0 : pods.active.length;
  const status = {
    ...(startTime !== undefined && { startTime }),
    ...(active > 0 && { active }),
    ready: verdict ? 0 : pods.active.filter(isReady).length,
    ...(pods.succeeded.length > 0 && { succeeded: pods.succeeded.length }),
    ...(pods.failed.length > 0 && { failed: pods.failed.length }),
    ...(verdict?.type === "Complete" && { completionTime: timestamp(now) }),
    ...(conditions.length > 0 && { conditions }),
  };
  if (!equal(status, current.status)) await world.jobs.updateStatus({ ...current, status });
}

function suspension(suspended: boolean): NewCondition {
  return suspended
    ? { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" }
    : { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" };
}

/** A Job that is over goes after a time, if it says so. */
async function expire(world: World, job: Job): Promise<number | undefined> {
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined) return undefined;
  const ended = job.status?.conditions?.find(({ type }) => type === "Complete" || type === "Failed");
  const left = (millis(ended?.lastTransitionTime) ?? 0) + ttl * 1000 - world.now().getTime();
  if (left > 0) return left;
  await world.jobs.delete(job, { propagationPolicy: "Background" });
  return undefined;
}
