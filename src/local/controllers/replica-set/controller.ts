/** ReplicaSets: as many pods of one template as are wanted. */
import { equal } from "../../../engine/equal.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";
import { StoreError } from "../../../store/error.ts";
import { keyOf } from "../../../store/object.ts";
import { type Condition, conditionOf, withCondition, withoutCondition } from "../conditions.ts";
import { claim, selectorMatches } from "../owners.ts";
import { createPod, deletePod } from "../pod-writes.ts";
import { isActive, isReady, podFromTemplate, soonest, untilAvailable } from "../pods.ts";
import { onPodsOf } from "../watch-pods.ts";
import type { World } from "../world.ts";
import { rankedForDeletion } from "./ranking.ts";

const COMPONENT = "replicaset-controller";

/** Pods made or deleted in one look: a large step is taken in parts, so that others get their turn. */
const BURST = 100;

export function runReplicaSets(world: World): void {
  const queue = world.queue(COMPONENT, async (key) => {
    const set = world.replicaSets.get(key);
    if (!set) return;
    const again = await syncReplicaSet(world, set);
    if (again !== undefined) queue.addAfter(key, again);
  });
  world.replicaSets.onChange(({ after }) => after && queue.add(keyOf(after)));
  onPodsOf(world, "ReplicaSet", world.replicaSets, (key) => queue.add(key));
}

/** Returns in how many milliseconds to look again, if nothing happens before. */
async function syncReplicaSet(world: World, set: ReplicaSet): Promise<number | undefined> {
  const pods = await claim(set, world.pods);
  let failure: unknown;
  let rest = false;
  if (set.metadata.deletionTimestamp === undefined) {
    try {
      rest = await manage(world, set, pods.filter(isActive));
    } catch (error) {
      failure = error;
    }
  }
  const again = await writeStatus(world, set, failure);
  if (failure !== undefined) throw failure;
  return rest ? 0 : again;
}

/** Makes or deletes pods; tells whether more is to be done. */
async function manage(world: World, set: ReplicaSet, active: readonly Pod[]): Promise<boolean> {
  const missing = (set.spec.replicas ?? 1) - active.length;
  if (missing > 0) {
    const generateName = `${set.metadata.name}-`;
    // One first: what fails for one fails for all, and need not be tried that often.
    await createPod(world, COMPONENT, set, podFromTemplate(set, set.spec.template, { generateName }));
    const others = Array.from({ length: Math.min(missing, BURST) - 1 }, () =>
      createPod(world, COMPONENT, set, podFromTemplate(set, set.spec.template, { generateName })),
    );
    await allOf(others);
  } else if (missing < 0) {
    const going = rankedForDeletion(active).slice(0, Math.min(-missing, BURST));
    await allOf(going.map((pod) => deletePod(world, COMPONENT, set, pod)));
  }
  return Math.abs(missing) > BURST;
}

/** Waits for all, also when one fails. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function writeStatus(world: World, set: ReplicaSet, failure: unknown): Promise<number | undefined> {
  const current = world.replicaSets.get(keyOf(set));
  if (!current || current.metadata.generation !== set.metadata.generation) return undefined;
  const now = world.now();
  const owned = world.pods
    .controlledBy(set.metadata.uid ?? "")
    .filter((pod) => selectorMatches(set.spec.selector, pod));
  const pods = owned.filter(isActive);
  const waits = pods.map((pod) => untilAvailable(pod, set.spec.minReadySeconds, now));
  const labels = Object.entries(set.spec.template?.metadata?.labels ?? {});
  const labeled = pods.filter(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value));
  const conditions = withFailure(current.status?.conditions, pods.length - (set.spec.replicas ?? 1), failure, now);
  const counts = {
    fullyLabeledReplicas: labeled.length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
  };
  const status = {
    replicas: pods.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
  if (!equal(status, current.status)) await world.replicaSets.updateStatus({ ...current, status });
  return soonest(waits);
}

/** Says on the object itself why there are not as many pods as wanted. */
function withFailure(
  conditions: readonly Condition[] | undefined,
  difference: number,
  failure: unknown,
  now: Date,
): Condition[] {
  // A conflict is not news: the next look mends it.
  if (failure instanceof StoreError && failure.reason === "Conflict") return [...(conditions ?? [])];
  if (failure === undefined || difference === 0) {
    return conditionOf(conditions, "ReplicaFailure")
      ? withoutCondition(conditions, "ReplicaFailure")
      : [...(conditions ?? [])];
  }
  const reason = difference < 0 ? "FailedCreate" : "FailedDelete";
  const message = failure instanceof Error ? failure.message : String(failure);
  return withCondition(conditions, { type: "ReplicaFailure", status: "True", reason, message }, now);
}
