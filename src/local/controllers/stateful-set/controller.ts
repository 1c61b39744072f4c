/**
 * StatefulSets: pods with names of their own, made and replaced one after the other. There are no ControllerRevisions
 * here: a pod that is made anew below a partition gets the current template.
 */
import { equal } from "../../../engine/equal.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { StatefulSet } from "../../../kinds/core/stateful-set.ts";
import { keyOf } from "../../../store/object.ts";
import { claim } from "../owners.ts";
import { createPod, deletePod } from "../pod-writes.ts";
import { isActive, isFinished, isReady, isTerminating, soonest, untilAvailable } from "../pods.ts";
import { onPodsOf } from "../watch-pods.ts";
import type { World } from "../world.ts";
import { ordinalOf, ordinals, REVISION_LABEL, statefulPod, updateRevision } from "./pods.ts";

const COMPONENT = "statefulset-controller";

export function runStatefulSets(world: World): void {
  const queue = world.queue(COMPONENT, async (key) => {
    const set = world.statefulSets.get(key);
    if (!set) return;
    const claimed = await claim(set, world.pods);
    const pods = new Map<number, Pod>();
    for (const pod of claimed) {
      const ordinal = ordinalOf(set, pod);
      if (ordinal !== undefined) pods.set(ordinal, pod);
    }
    if (!isTerminating(set)) await step(world, set, pods);
    const again = await writeStatus(world, set);
    if (again !== undefined) queue.addAfter(key, again);
  });
  world.statefulSets.onChange(({ after }) => after && queue.add(keyOf(after)));
  onPodsOf(world, "StatefulSet", world.statefulSets, (key) => queue.add(key));
}

/** As far as one can go without waiting for a pod. */
async function step(world: World, set: StatefulSet, pods: ReadonlyMap<number, Pod>): Promise<void> {
  const parallel = set.spec.podManagementPolicy === "Parallel";
  const wanted = ordinals(set);
  const settled = (pod: Pod | undefined): boolean =>
    pod !== undefined && isActive(pod) && untilAvailable(pod, set.spec.minReadySeconds, world.now()) === 0;
  for (const ordinal of wanted) {
    const pod = pods.get(ordinal);
    // A name is free only when its pod is gone altogether.
    if (pod && isFinished(pod) && !isTerminating(pod)) await deletePod(world, COMPONENT, set, pod);
    if (!pod) await createPod(world, COMPONENT, set, statefulPod(set, ordinal));
    if (!settled(pod) && !parallel) return;
  }
  const surplus = [...pods.keys()].filter((ordinal) => !wanted.includes(ordinal)).sort((a, b) => b - a);
  for (const ordinal of surplus) {
    const pod = pods.get(ordinal);
    if (pod && !isTerminating(pod)) await deletePod(world, COMPONENT, set, pod);
    if (!parallel) return;
  }
  if (surplus.length === 0) await update(world, set, pods, wanted, settled);
}

/** Replaces the pod with the highest number that is of an older template, once all above it are settled. */
async function update(
  world: World,
  set: StatefulSet,
  pods: ReadonlyMap<number, Pod>,
  wanted: readonly number[],
  settled: (pod: Pod | undefined) => boolean,
): Promise<void> {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return;
  const revision = updateRevision(set);
  const partition = rollingUpdate?.partition ?? 0;
  for (const ordinal of wanted.toReversed()) {
    const pod = pods.get(ordinal);
    if (ordinal < partition) return;
    if (pod && pod.metadata.labels?.[REVISION_LABEL] !== revision && !isTerminating(pod)) {
      return deletePod(world, COMPONENT, set, pod);
    }
    if (!settled(pod)) return;
  }
}

async function writeStatus(world: World, set: StatefulSet): Promise<number | undefined> {
  const current = world.statefulSets.get(keyOf(set));
  if (!current || current.metadata.generation !== set.metadata.generation) return undefined;
  const pods = world.pods.controlledBy(set.metadata.uid ?? "").filter((pod) => ordinalOf(set, pod) !== undefined);
  const now = world.now();
  const waits = pods.map((pod) => (isActive(pod) ? untilAvailable(pod, set.spec.minReadySeconds, now) : undefined));
  const revision = updateRevision(set);
  const updated = pods.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === revision);
  const { currentRevision = revision } = current.status ?? {};
  const done = updated.length === pods.length && pods.length === (set.spec.replicas ?? 1) && pods.every(isReady);
  const status = {
    ...(current.status?.collisionCount !== undefined && { collisionCount: current.status.collisionCount }),
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    currentReplicas: done ? pods.length : pods.length - updated.length,
    updatedReplicas: updated.length,
    currentRevision: done ? revision : currentRevision,
    updateRevision: revision,
  };
  if (!equal(status, current.status)) await world.statefulSets.updateStatus({ ...current, status });
  return soonest(waits);
}
