/** DaemonSets: one pod on every node. On one machine that is one pod, but nothing here counts on it. */
import { equal } from "../../../engine/equal.ts";
import type { DaemonSet } from "../../../kinds/core/daemon-set.ts";
import type { Node } from "../../../kinds/core/node.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { keyOf } from "../../../store/object.ts";
import { share } from "../deployment/scaling.ts";
import { claim } from "../owners.ts";
import { createPod, deletePod } from "../pod-writes.ts";
import { isActive, isFinished, isReady, isTerminating, podFromTemplate, soonest, untilAvailable } from "../pods.ts";
import { templateHash } from "../template-hash.ts";
import { onPodsOf } from "../watch-pods.ts";
import type { World } from "../world.ts";

const COMPONENT = "daemonset-controller";
const REVISION_LABEL = "controller-revision-hash";

export function runDaemonSets(world: World): void {
  const queue = world.queue(COMPONENT, async (key) => {
    const set = world.daemonSets.get(key);
    if (!set) return;
    const pods = await claim(set, world.pods);
    if (!isTerminating(set)) await step(world, set, pods);
    const again = await writeStatus(world, set);
    if (again !== undefined) queue.addAfter(key, again);
  });
  world.daemonSets.onChange(({ after }) => after && queue.add(keyOf(after)));
  world.nodes.onChange(({ before, after }) => {
    // A node says every few seconds that it lives; its labels decide who runs there.
    if (before && after && equal(before.metadata.labels, after.metadata.labels)) return;
    for (const set of world.daemonSets.all()) queue.add(keyOf(set));
  });
  onPodsOf(world, "DaemonSet", world.daemonSets, (key) => queue.add(key));
}

function runsOn(set: DaemonSet, node: Node): boolean {
  const selector = Object.entries(set.spec.template.spec?.nodeSelector ?? {});
  return selector.every(([key, value]) => node.metadata.labels?.[key] === value);
}

async function step(world: World, set: DaemonSet, pods: readonly Pod[]): Promise<void> {
  const revision = templateHash(set.spec.template);
  const nodes = world.nodes.all().filter((node) => runsOn(set, node));
  const live = pods.filter((pod) => !isTerminating(pod));
  for (const { metadata } of nodes) {
    const here = pods.filter(({ spec }) => spec.nodeName === metadata.name);
    if (here.length === 0) {
      const pod = podFromTemplate(
        set,
        set.spec.template,
        { generateName: `${set.metadata.name}-` },
        { [REVISION_LABEL]: revision },
      );
      await createPod(world, COMPONENT, set, { ...pod, spec: { ...pod.spec, nodeName: metadata.name } });
    }
    const [, ...surplus] = here.filter((pod) => !isTerminating(pod));
    for (const pod of surplus) await deletePod(world, COMPONENT, set, pod);
  }
  const astray = live.filter(({ spec }) => !nodes.some(({ metadata }) => metadata.name === spec.nodeName));
  for (const pod of [...astray, ...live.filter(isFinished)]) await deletePod(world, COMPONENT, set, pod);
  await update(world, set, live.filter(isActive), revision, nodes.length);
}

/** Ends pods of an older template, as many as may be away at a time; the next look makes new ones. */
async function update(
  world: World,
  set: DaemonSet,
  pods: readonly Pod[],
  revision: string,
  nodes: number,
): Promise<void> {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return;
  const most = Math.max(1, share(rollingUpdate?.maxUnavailable ?? 1, nodes, Math.ceil));
  const outdated = pods.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] !== revision);
  const available = pods.filter((pod) => untilAvailable(pod, set.spec.minReadySeconds, world.now()) === 0);
  const useless = outdated.filter((pod) => !available.includes(pod));
  const budget = Math.max(0, most - (nodes - available.length));
  const going = [...useless, ...outdated.filter((pod) => available.includes(pod)).slice(0, budget)];
  for (const pod of going) await deletePod(world, COMPONENT, set, pod);
}

async function writeStatus(world: World, set: DaemonSet): Promise<number | undefined> {
  const current = world.daemonSets.get(keyOf(set));
  if (!current || current.metadata.generation !== set.metadata.generation) return undefined;
  const now = world.now();
  const revision = templateHash(set.spec.template);
  const nodes = world.nodes.all().filter((node) => runsOn(set, node));
  const pods = world.pods.controlledBy(set.metadata.uid ?? "").filter(isActive);
  const placed = pods.filter(({ spec }) => nodes.some(({ metadata }) => metadata.name === spec.nodeName));
  const waits = placed.map((pod) => untilAvailable(pod, set.spec.minReadySeconds, now));
  const available = waits.filter((wait) => wait === 0).length;
  const status = {
    currentNumberScheduled: placed.length,
    desiredNumberScheduled: nodes.length,
    numberMisscheduled: pods.length - placed.length,
    numberReady: placed.filter(isReady).length,
    numberAvailable: available,
    numberUnavailable: Math.max(0, nodes.length - available),
    updatedNumberScheduled: placed.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === revision).length,
    observedGeneration: set.metadata.generation ?? 0,
  };
  if (!equal(status, current.status)) await world.daemonSets.updateStatus({ ...current, status });
  return soonest(waits);
}
