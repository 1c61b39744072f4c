/** How many pods the ReplicaSets of a Deployment should have: pure arithmetic over what is there. */
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";

/** ReplicaSets to bring to another number of replicas. */
export interface Scaling {
  set: ReplicaSet;
  replicas: number;
}

const DESIRED_ANNOTATION = "deployment.kubernetes.io/desired-replicas";
const MAX_ANNOTATION = "deployment.kubernetes.io/max-replicas";

export function wanted({ spec }: Deployment | ReplicaSet): number {
  return spec.replicas ?? 1;
}

export function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

export function total(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((sum, set) => sum + of(set), 0);
}

export function isRolling({ spec }: Deployment): boolean {
  return spec.strategy?.type !== "Recreate";
}

/** Pods beyond and below the wanted number that a rollout may have; never both 0, or it could not move. */
export function limits(deployment: Deployment): { surge: number; unavailable: number } {
  if (!isRolling(deployment)) return { surge: 0, unavailable: 0 };
  const replicas = wanted(deployment);
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, replicas, Math.ceil);
  const unavailable = share(maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: Math.min(surge === 0 && unavailable === 0 ? 1 : unavailable, replicas) };
}

/** A number as it is, `25%` of all. */
export function share(value: number | string, of: number, round: (value: number) => number): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((Number(percent) * of) / 100);
}

/** The annotations by which a later sync sees that the Deployment was scaled, and in what proportion. */
export function scaleAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = wanted(deployment);
  return { [DESIRED_ANNOTATION]: String(replicas), [MAX_ANNOTATION]: String(replicas + limits(deployment).surge) };
}

/** Whether the Deployment's number of replicas was changed since its ReplicaSets were last scaled. */
export function wasScaled(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED_ANNOTATION];
    return wanted(set) > 0 && desired !== undefined && Number(desired) !== wanted(deployment);
  });
}

/** The number of replicas for a new ReplicaSet, as far as the surge allows. */
export function newSetReplicas(deployment: Deployment, newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[]) {
  const goal = wanted(deployment);
  const now = newSet ? wanted(newSet) : 0;
  if (!isRolling(deployment) || now >= goal) return goal;
  const room = goal + limits(deployment).surge - total(sets, wanted);
  return room <= 0 ? now : now + Math.min(room, goal - now);
}

/**
 * One step of a rolling update: first the new set up, then, in a later step, the old ones down; unready pods go first,
 * then those of the oldest set, and never so many that too few are available.
 */
export function rollingStep(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): Scaling[] {
  const sets = [...oldSets, newSet];
  const replicas = newSetReplicas(deployment, newSet, sets);
  if (replicas !== wanted(newSet)) return [{ set: newSet, replicas }];
  const least = wanted(deployment) - limits(deployment).unavailable;
  const newUnavailable = wanted(newSet) - availableOf(newSet);
  let budget = total(sets, wanted) - least - newUnavailable;
  const goal = new Map(oldSets.map((set) => [set, wanted(set)]));
  const take = (set: ReplicaSet, count: number): void => {
    goal.set(set, (goal.get(set) ?? 0) - count);
    budget -= count;
  };
  const oldestFirst = oldSets.toSorted(byAge);
  for (const set of oldestFirst) {
    if (budget > 0) take(set, Math.min(budget, Math.max(0, wanted(set) - availableOf(set))));
  }
  let spare = total(sets, availableOf) - least;
  for (const set of oldestFirst) {
    const count = Math.min(budget, spare, goal.get(set) ?? 0);
    if (count <= 0) continue;
    take(set, count);
    spare -= count;
  }
  return changes(goal);
}

/** All pods of the old sets go before the first of the new one comes. */
export function recreateStep(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  oldPodsLeft: boolean,
): Scaling[] {
  const down = oldSets.filter((set) => wanted(set) > 0).map((set) => ({ set, replicas: 0 }));
  if (down.length > 0 || oldPodsLeft || !newSet) return down;
  return wanted(newSet) === wanted(deployment) ? [] : [{ set: newSet, replicas: wanted(deployment) }];
}

/** What a change of the Deployment's own number means for its sets, also in the middle of a rollout. */
export function scaleStep(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Scaling[] {
  const sets = newSet ? [...oldSets, newSet] : [...oldSets];
  const active = sets.filter((set) => wanted(set) > 0);
  const goal = wanted(deployment);
  const [only = newSet ?? sets.toSorted(byAge).at(-1)] = active;
  if (active.length <= 1) return only && wanted(only) !== goal ? [{ set: only, replicas: goal }] : [];
  if (newSet && isSaturated(deployment, newSet)) {
    return active.filter((set) => set !== newSet).map((set) => ({ set, replicas: 0 }));
  }
  return isRolling(deployment) ? inProportion(deployment, active) : [];
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [first = "", second = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return first < second ? -1 : first > second ? 1 : a.metadata.name < b.metadata.name ? -1 : 1;
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const goal = wanted(deployment);
  const desired = Number(set.metadata.annotations?.[DESIRED_ANNOTATION]);
  return wanted(set) === goal && desired === goal && availableOf(set) === goal;
}

/** Spreads the difference over the active sets by their size, the largest first; the first takes what is left over. */
function inProportion(deployment: Deployment, active: readonly ReplicaSet[]): Scaling[] {
  const goal = wanted(deployment);
  const allowed = goal > 0 ? goal + limits(deployment).surge : 0;
  const difference = allowed - total(active, wanted);
  const largestFirst = active.toSorted((a, b) => wanted(b) - wanted(a) || (difference > 0 ? byAge(b, a) : byAge(a, b)));
  const result = new Map<ReplicaSet, number>();
  let left = difference;
  for (const set of largestFirst) {
    const before = Number(set.metadata.annotations?.[MAX_ANNOTATION]) || allowed;
    const exact = Math.round((wanted(set) * allowed) / before) - wanted(set);
    const part = difference > 0 ? Math.min(Math.max(exact, 0), left) : Math.max(Math.min(exact, 0), left);
    result.set(set, wanted(set) + part);
    left -= part;
  }
  const [first] = largestFirst;
  if (first) result.set(first, Math.max(0, (result.get(first) ?? 0) + left));
  return changes(result);
}

function changes(goal: ReadonlyMap<ReplicaSet, number>): Scaling[] {
  return [...goal].filter(([set, replicas]) => replicas !== wanted(set)).map(([set, replicas]) => ({ set, replicas }));
}
