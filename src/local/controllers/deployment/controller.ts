/** Deployments: a ReplicaSet for each template that they had, and pods moved from the old ones to the new one. */
import { equal } from "../../../engine/equal.ts";
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";
import { StoreError } from "../../../store/error.ts";
import { keyOf } from "../../../store/object.ts";
import { withCondition } from "../conditions.ts";
import { claim, controllerOf, selectorMatches } from "../owners.ts";
import { isFinished } from "../pods.ts";
import { sameTemplate } from "../template-hash.ts";
import type { World } from "../world.ts";
import { findNewSet, makeNewSet, REVISION_ANNOTATION, revisionOf, superfluousSets, withRevision } from "./revisions.ts";
import {
  isRolling,
  recreateStep,
  rollingStep,
  type Scaling,
  scaleAnnotations,
  scaleStep,
  wanted,
  wasScaled,
} from "./scaling.ts";
import { deploymentStatus, hasDeadline, isComplete, newSetCondition, untilDeadline } from "./status.ts";

const COMPONENT = "deployment-controller";

export function runDeployments(world: World): void {
  const queue = world.queue(COMPONENT, async (key) => {
    const deployment = world.deployments.get(key);
    if (!deployment) return;
    const deadline = await syncDeployment(world, deployment);
    if (deadline !== undefined) queue.addAfter(key, deadline);
  });
  const addOwner = (set: ReplicaSet | undefined): void => {
    if (!set) return;
    const owner = controllerOf(set);
    const namespace = set.metadata.namespace ?? "";
    if (owner) {
      if (owner.kind === "Deployment") queue.add(`${namespace}/${owner.name}`);
      return;
    }
    for (const deployment of world.deployments.inNamespace(namespace)) {
      if (selectorMatches(deployment.spec.selector, set)) queue.add(keyOf(deployment));
    }
  };
  world.deployments.onChange(({ after }) => after && queue.add(keyOf(after)));
  world.replicaSets.onChange(({ before, after }) => {
    addOwner(before);
    addOwner(after);
  });
  // A Deployment that recreates waits for the last of its old pods.
  world.pods.onChange(({ before, after }) => {
    const owner = before && !after ? controllerOf(before) : undefined;
    if (owner?.kind === "ReplicaSet") addOwner(world.replicaSets.get(`${before?.metadata.namespace}/${owner.name}`));
  });
}

/** Returns in how many milliseconds to look again, if nothing happens before. */
async function syncDeployment(world: World, deployment: Deployment): Promise<number | undefined> {
  const sets = await claim(deployment, world.replicaSets);
  const found = findNewSet(deployment, sets);
  const oldSets = sets.filter((set) => set !== found);
  if (deployment.metadata.deletionTimestamp !== undefined) return writeStatus(world, deployment, found, oldSets);
  if (deployment.spec.paused === true || wasScaled(deployment, sets)) {
    // Also those that keep their size: they are to know that the change has been seen to.
    const step = scaleStep(deployment, found, oldSets);
    const others = sets.filter((set) => wanted(set) > 0 && !step.some((scaling) => scaling.set === set));
    await scaleAll(world, deployment, [...step, ...others.map((set) => ({ set, replicas: wanted(set) }))]);
    if (found) await annotate(world, deployment, found, oldSets);
    return writeStatus(world, deployment, found, oldSets);
  }
  const oldPodsLeft = !isRolling(deployment) && hasPods(world, oldSets);
  if (!isRolling(deployment)) {
    const down = recreateStep(deployment, found, oldSets, oldPodsLeft);
    const onlyOld = down.filter(({ set }) => set !== found);
    await scaleAll(world, deployment, onlyOld);
    if (onlyOld.length > 0 || oldPodsLeft) return writeStatus(world, deployment, found, oldSets);
  }
  const newSet = await ensureNewSet(world, deployment, found, oldSets);
  if (newSet === undefined) return undefined;
  const current = world.deployments.get(keyOf(deployment)) ?? deployment;
  const step = isRolling(current)
    ? rollingStep(current, newSet, oldSets)
    : recreateStep(current, newSet, oldSets, oldPodsLeft);
  await scaleAll(world, current, step);
  if (step.length === 0 && isComplete(current, countsOf(current))) await cleanUp(world, current, oldSets);
  return writeStatus(world, current, newSet, oldSets);
}

/** The ReplicaSet of the current template, made if there is none. Undefined: its name is taken, try another. */
async function ensureNewSet(
  world: World,
  deployment: Deployment,
  found: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Promise<ReplicaSet | undefined> {
  if (found) {
    const set = await annotate(world, deployment, found, oldSets);
    const known = deployment.status?.conditions?.some(({ type }) => type === "Progressing");
    const moved = revisionOf(deployment) !== revisionOf(set);
    if (!known || moved) await announce(world, deployment, set, false);
    return set;
  }
  const draft = makeNewSet(deployment, oldSets);
  const set = await createSet(world, deployment, draft);
  if (!set) return undefined;
  if (wanted(set) > 0) recordScaling(world, deployment, set, 0, wanted(set));
  await announce(world, deployment, set, true);
  return set;
}

async function createSet(world: World, deployment: Deployment, draft: ReplicaSet): Promise<ReplicaSet | undefined> {
  try {
    return await world.replicaSets.create(draft);
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
    const other = world.replicaSets.get(keyOf(draft));
    // Ours, made just now and not seen then: the next look finds it.
    if (!other || sameTemplate(other.spec.template, draft.spec.template)) throw error;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await world.deployments.updateStatus({ ...deployment, status: { ...deployment.status, collisionCount } });
    return undefined;
  }
}

/** Gives the new set its revision and its Deployment's annotations. */
async function annotate(
  world: World,
  deployment: Deployment,
  set: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): Promise<ReplicaSet> {
  const current = world.replicaSets.get(keyOf(set)) ?? set;
  const next = withRevision(current, deployment, oldSets);
  return equal(next, current) ? current : world.replicaSets.update(next);
}

/** Tells the Deployment which revision it is at, and that its new ReplicaSet exists. */
async function announce(world: World, deployment: Deployment, set: ReplicaSet, created: boolean): Promise<void> {
  const revision = set.metadata.annotations?.[REVISION_ANNOTATION] ?? "1";
  const annotations = { ...deployment.metadata.annotations, [REVISION_ANNOTATION]: revision };
  const current = equal(annotations, deployment.metadata.annotations)
    ? deployment
    : await world.deployments.update({ ...deployment, metadata: { ...deployment.metadata, annotations } });
  if (!hasDeadline(current)) return;
  const condition = newSetCondition(set, created);
  const conditions = withCondition(current.status?.conditions, condition, world.now(), {
    refresh: true,
    lastUpdate: true,
  });
  await world.deployments.updateStatus({ ...current, status: { ...current.status, conditions } });
}

async function scaleAll(world: World, deployment: Deployment, scalings: readonly Scaling[]): Promise<void> {
  for (const { set, replicas } of scalings) {
    const annotations = { ...set.metadata.annotations, ...scaleAnnotations(deployment) };
    if (replicas === wanted(set) && equal(annotations, set.metadata.annotations)) continue;
    await world.replicaSets.update({
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    });
    if (replicas !== wanted(set)) recordScaling(world, deployment, set, wanted(set), replicas);
  }
}

function recordScaling(world: World, deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
  const message = `Scaled ${to > from ? "up" : "down"} replica set ${set.metadata.name} from ${from} to ${to}`;
  world.recorder.record(COMPONENT, deployment, { reason: "ScalingReplicaSet", message });
}

function hasPods(world: World, sets: readonly ReplicaSet[]): boolean {
  const pods = sets.flatMap((set): Pod[] => world.pods.controlledBy(set.metadata.uid ?? ""));
  return pods.some((pod) => !isFinished(pod));
}

async function cleanUp(world: World, deployment: Deployment, oldSets: readonly ReplicaSet[]): Promise<void> {
  const current = oldSets.map((set) => world.replicaSets.get(keyOf(set)) ?? set);
  for (const set of superfluousSets(deployment, current)) await world.replicaSets.delete(set);
}

async function writeStatus(
  world: World,
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Promise<number | undefined> {
  const current = world.deployments.get(keyOf(deployment));
  // What has been wanted since then is looked at next; to call it observed now would be untrue.
  if (!current || current.metadata.generation !== deployment.metadata.generation) return undefined;
  const fresh = (set: ReplicaSet): ReplicaSet => world.replicaSets.get(keyOf(set)) ?? set;
  const now = world.now();
  const status = deploymentStatus({
    deployment: current,
    newSet: newSet && fresh(newSet),
    oldSets: oldSets.map(fresh),
    now,
  });
  if (!equal(status, current.status)) await world.deployments.updateStatus({ ...current, status });
  return hasDeadline(current) ? untilDeadline(current, status.conditions, now) || undefined : undefined;
}

function countsOf({ status = {} }: Deployment) {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return { replicas, updatedReplicas, readyReplicas, availableReplicas };
}
