/** What a Deployment says of itself: counts, and the conditions that `kubectl rollout status` and `wait` read. */
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";
import { type Condition, conditionOf, type NewCondition, withCondition, withoutCondition } from "../conditions.ts";
import { millis } from "../time.ts";
import { availableOf, limits, total, wanted } from "./scaling.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;

/** The greatest deadline stands for none. */
const NO_DEADLINE = 2 ** 31 - 1;

export interface Rollout {
  deployment: Deployment;
  newSet: ReplicaSet | undefined;
  oldSets: readonly ReplicaSet[];
  now: Date;
}

export function deploymentStatus(rollout: Rollout): DeploymentStatus {
  const { deployment, newSet, oldSets, now } = rollout;
  const sets = newSet ? [...oldSets, newSet] : [...oldSets];
  const available = total(sets, availableOf);
  const replicas = total(sets, ({ status }) => status?.replicas ?? 0);
  const unavailable = Math.max(0, total(sets, wanted) - available);
  const counts = {
    replicas,
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: total(sets, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: unavailable,
  };
  const enough = available >= wanted(deployment) - limits(deployment).unavailable;
  let conditions = withCondition(deployment.status?.conditions, enough ? AVAILABLE : UNAVAILABLE, now, {
    lastUpdate: true,
  });
  conditions = withFailure(conditions, sets);
  const { collisionCount } = deployment.status ?? {};
  return {
    // A count of 0 is left out, as Kubernetes does: columns of kubectl show it all the same.
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    ...(collisionCount !== undefined && { collisionCount }),
    observedGeneration: deployment.metadata.generation ?? 0,
    conditions: withProgress({ ...rollout, conditions, counts }),
  };
}

const AVAILABLE: NewCondition = {
  type: "Available",
  status: "True",
  reason: "MinimumReplicasAvailable",
  message: "Deployment has minimum availability.",
};

const UNAVAILABLE: NewCondition = {
  type: "Available",
  status: "False",
  reason: "MinimumReplicasUnavailable",
  message: "Deployment does not have minimum availability.",
};

/** Passes on that pods cannot be made. */
function withFailure(conditions: Condition[], sets: readonly ReplicaSet[]): Condition[] {
  const failure = sets.map((set) => conditionOf(set.status?.conditions, "ReplicaFailure")).find(Boolean);
  const others = withoutCondition(conditions, "ReplicaFailure");
  return failure ? [...others, failure] : others;
}

interface Progress extends Rollout {
  conditions: Condition[];
  counts: { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number };
}

function withProgress(progress: Progress): Condition[] {
  const { deployment, newSet, conditions, counts, now } = progress;
  const name = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const current = conditionOf(conditions, "Progressing");
  if (!hasDeadline(deployment)) return withoutCondition(conditions, "Progressing");
  // Paused: neither progress nor the lack of it means anything.
  if (deployment.spec.paused === true) return withCondition(conditions, PAUSED, now, { lastUpdate: true });
  if (current?.reason === PAUSED.reason) return withCondition(conditions, RESUMED, now, { lastUpdate: true });
  const settled = counts.replicas === counts.updatedReplicas && current?.reason === "NewReplicaSetAvailable";
  if (settled) return conditions;
  if (isComplete(deployment, counts)) {
    const message = `${name} has successfully progressed.`;
    const done: NewCondition = { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable", message };
    return withCondition(conditions, done, now, { lastUpdate: true });
  }
  if (hasProgressed(deployment, counts)) {
    const message = `${name} is progressing.`;
    const going: NewCondition = { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message };
    return withCondition(conditions, going, now, { refresh: true, lastUpdate: true });
  }
  if (untilDeadline(deployment, conditions, now) === 0) {
    const message = `${name} has timed out progressing.`;
    const late: NewCondition = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message };
    return withCondition(conditions, late, now, { lastUpdate: true });
  }
  return conditions;
}

const PAUSED: NewCondition = {
  type: "Progressing",
  status: "Unknown",
  reason: "DeploymentPaused",
  message: "Deployment is paused",
};

const RESUMED: NewCondition = {
  type: "Progressing",
  status: "Unknown",
  reason: "DeploymentResumed",
  message: "Deployment is resumed",
};

/** A first sign of life of a new template: there is a ReplicaSet for it. */
export function newSetCondition(set: ReplicaSet, created: boolean): NewCondition {
  return {
    type: "Progressing",
    status: "True",
    reason: created ? "NewReplicaSetCreated" : "FoundNewReplicaSet",
    message: `${created ? "Created" : "Found"} new replica set "${set.metadata.name}"`,
  };
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

/** Milliseconds until a rollout that stands still counts as failed; undefined when it is not waited for. */
export function untilDeadline(
  { spec }: Deployment,
  conditions: readonly Condition[] | undefined,
  now: Date,
): number | undefined {
  const current = conditionOf(conditions, "Progressing");
  if (!current || current.reason === "NewReplicaSetAvailable" || current.reason === PAUSED.reason) return undefined;
  if (current.reason === "ProgressDeadlineExceeded") return 0;
  const since = millis(current.lastUpdateTime) ?? now.getTime();
  return Math.max(0, since + (spec.progressDeadlineSeconds ?? 0) * 1000 - now.getTime());
}

export function isComplete(deployment: Deployment, counts: Progress["counts"]): boolean {
  const goal = wanted(deployment);
  return counts.updatedReplicas === goal && counts.replicas === goal && counts.availableReplicas === goal;
}

function hasProgressed({ status = {} }: Deployment, counts: Progress["counts"]): boolean {
  const old = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (status.updatedReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < old ||
    counts.readyReplicas > (status.readyReplicas ?? 0) ||
    counts.availableReplicas > (status.availableReplicas ?? 0)
  );
}
