import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type Deployment, deploymentKind } from "../../../kinds/core/deployment.ts";
import { type Event, eventKind } from "../../../kinds/core/event.ts";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import { type ReplicaSet, replicaSetKind } from "../../../kinds/core/replica-set.ts";
import { conditionOf } from "../conditions.ts";
import { isActive, isReady } from "../pods.ts";
import { NAMESPACE, type TestWorld, testWorld } from "../test-world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld();
});
afterEach(() => {
  world.end();
  assert.deepEqual(world.problems, []);
});

function deployment(spec: Partial<Deployment["spec"]> = {}): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
      ...spec,
    },
  };
}

const create = (spec: Partial<Deployment["spec"]> = {}) => world.create(deploymentKind.type, deployment(spec));
const get = () => world.get<Deployment>(deploymentKind.type, "web");
const sets = () => world.list<ReplicaSet>(replicaSetKind.type);
const pods = () => world.list<Pod>(podKind.type);

function withImage(image: string): (object: Deployment) => Deployment {
  return (object) => {
    const template = { ...object.spec.template, spec: { containers: [{ name: "web", image }] } };
    return { ...object, spec: { ...object.spec, template } };
  };
}

/** What `kubectl rollout status` calls success. */
function isRolledOut({ metadata, spec, status = {} }: Deployment): boolean {
  return (
    (metadata.generation ?? 0) <= (status.observedGeneration ?? 0) &&
    (status.updatedReplicas ?? 0) >= (spec.replicas ?? 0) &&
    (status.replicas ?? 0) <= (status.updatedReplicas ?? 0) &&
    (status.availableReplicas ?? 0) >= (status.updatedReplicas ?? 0)
  );
}

const rolledOut = () => world.until(get, isRolledOut);

test("a Deployment gets a ReplicaSet, pods and the conditions that kubectl waits for", async () => {
  await create({ replicas: 3 });
  const done = await world.until(
    get,
    (object) => isRolledOut(object) && conditionOf(object.status?.conditions, "Available")?.status === "True",
  );
  const progressing = conditionOf(done.status?.conditions, "Progressing");
  assert.equal(progressing?.reason, "NewReplicaSetAvailable");
  assert.equal(done.metadata.annotations?.["deployment.kubernetes.io/revision"], "1");
  const [set] = await sets();
  assert.match(set?.metadata.name ?? "", /^web-[bcdfghjklmnpqrstvwxz2-9]{6,10}$/);
  assert.equal(progressing?.message, `ReplicaSet "${set?.metadata.name}" has successfully progressed.`);
  const found = await pods();
  assert.equal(found.length, 3);
  for (const pod of found) {
    assert.equal(pod.metadata.labels?.["pod-template-hash"], set?.metadata.labels?.["pod-template-hash"]);
    assert.equal(pod.metadata.ownerReferences?.[0]?.uid, set?.metadata.uid);
    assert.ok(pod.metadata.name.startsWith(`${set?.metadata.name}-`));
  }
  const events = await world.until(
    () => world.list<Event>(eventKind.type),
    (all) => all.filter(({ reason }) => reason === "SuccessfulCreate").length === 3,
  );
  const scaling = events.find(({ reason }) => reason === "ScalingReplicaSet");
  assert.equal(scaling?.message, `Scaled up replica set ${set?.metadata.name} from 0 to 3`);
  assert.equal(scaling?.involvedObject.name, "web");
});

test("a rolling update keeps within surge and unavailability, and never has fewer ready pods than allowed", async () => {
  await create({ replicas: 4, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  await rolledOut();
  let most = 0;
  let least = 4;
  await world.edit(deploymentKind.type, "web", withImage("web:2"));
  await world.until(async () => {
    const active = (await pods()).filter(isActive);
    most = Math.max(most, active.length);
    least = Math.min(least, active.filter(isReady).length);
    return get();
  }, isRolledOut);
  assert.ok(most <= 5, `${most} pods`);
  assert.ok(least >= 4, `${least} ready`);
  const all = await sets();
  assert.deepEqual(all.map(({ spec }) => spec.replicas).sort(), [0, 4]);
  const images = (await pods()).filter(isActive).map(({ spec }) => spec.containers[0]?.image);
  assert.deepEqual(images, ["web:2", "web:2", "web:2", "web:2"]);
});

test("going back to an earlier template takes its ReplicaSet again, as a new revision", async () => {
  await create();
  await rolledOut();
  const [first] = await sets();
  await world.edit(deploymentKind.type, "web", withImage("web:2"));
  await rolledOut();
  await world.edit<Deployment>(deploymentKind.type, "web", (object) => {
    const { labels: { "pod-template-hash": _, ...labels } = {}, ...metadata } = first?.spec.template?.metadata ?? {};
    const template = { ...first?.spec.template, metadata: { ...metadata, labels } };
    return { ...object, spec: { ...object.spec, template } };
  });
  const done = await world.until(
    get,
    (object) => isRolledOut(object) && object.metadata.annotations?.["deployment.kubernetes.io/revision"] === "3",
  );
  assert.equal(conditionOf(done.status?.conditions, "Available")?.status, "True");
  const all = await sets();
  assert.equal(all.length, 2);
  const again = all.find(({ metadata }) => metadata.uid === first?.metadata.uid);
  assert.equal(again?.metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
  assert.equal(again?.metadata.annotations?.["deployment.kubernetes.io/revision-history"], "1");
  assert.equal(again?.spec.replicas, 1);
});

test("scaling changes the number of pods and makes no new revision", async () => {
  await create({ replicas: 1 });
  await rolledOut();
  for (const replicas of [5, 2, 0]) {
    await world.edit<Deployment>(deploymentKind.type, "web", (object) => ({
      ...object,
      spec: { ...object.spec, replicas },
    }));
    await rolledOut();
    await world.until(pods, (all) => all.filter(isActive).length === replicas);
  }
  assert.equal((await sets()).length, 1);
});

test("Recreate ends all old pods before it starts a new one", async () => {
  await create({ replicas: 2, strategy: { type: "Recreate" } });
  await rolledOut();
  let mixed = false;
  await world.edit(deploymentKind.type, "web", withImage("web:2"));
  await world.until(async () => {
    const images = new Set((await pods()).map(({ spec }) => spec.containers[0]?.image));
    mixed ||= images.size > 1;
    return get();
  }, isRolledOut);
  assert.equal(mixed, false);
});

test("a paused Deployment scales but does not roll out until it is resumed", async () => {
  await create({ replicas: 1 });
  await rolledOut();
  const pause = (paused: boolean) => (object: Deployment) => ({ ...object, spec: { ...object.spec, paused } });
  await world.edit(deploymentKind.type, "web", pause(true));
  await world.edit<Deployment>(deploymentKind.type, "web", (object) => {
    const next = withImage("web:2")(object);
    return { ...next, spec: { ...next.spec, replicas: 2 } };
  });
  const paused = await world.until(get, ({ status }) => status?.availableReplicas === 2);
  assert.equal(conditionOf(paused.status?.conditions, "Progressing")?.reason, "DeploymentPaused");
  assert.equal((await sets()).length, 1);
  await world.edit(deploymentKind.type, "web", pause(false));
  await rolledOut();
  assert.equal((await sets()).length, 2);
});

test("a rollout that stands still is reported after its deadline, and keeps the old pods", async () => {
  await create({ replicas: 2, progressDeadlineSeconds: 1 });
  await rolledOut();
  const [first] = await sets();
  world.unready.add(new RegExp(`^(?!${first?.metadata.name}).`));
  await world.edit(deploymentKind.type, "web", withImage("web:broken"));
  const stuck = await world.until(
    get,
    ({ status }) => conditionOf(status?.conditions, "Progressing")?.reason === "ProgressDeadlineExceeded",
  );
  assert.equal(conditionOf(stuck.status?.conditions, "Progressing")?.status, "False");
  assert.equal(conditionOf(stuck.status?.conditions, "Available")?.status, "True");
  assert.equal(stuck.status?.availableReplicas, 2);
});

test("pods count as available only after minReadySeconds", async () => {
  await create({ replicas: 1, minReadySeconds: 1 });
  const ready = await world.until(get, ({ status }) => status?.readyReplicas === 1);
  assert.equal(ready.status?.availableReplicas, undefined);
  await world.until(get, ({ status }) => status?.availableReplicas === 1);
});

test("old ReplicaSets beyond the history limit go", async () => {
  await create({ revisionHistoryLimit: 1 });
  for (const image of ["web:2", "web:3", "web:4"]) {
    await rolledOut();
    await world.edit(deploymentKind.type, "web", withImage(image));
  }
  await rolledOut();
  await world.until(sets, (all) => all.length === 2);
});

test("a pod that is deleted is replaced, and one whose labels change is let go and replaced", async () => {
  await create({ replicas: 2 });
  await rolledOut();
  const [one, two] = await pods();
  await world.store.delete(podKind.type, { namespace: NAMESPACE, name: one?.metadata.name ?? "" });
  await world.edit<Pod>(podKind.type, two?.metadata.name ?? "", (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, app: "other" } },
  }));
  const isNew = ({ metadata }: Pod) => metadata.uid !== one?.metadata.uid && metadata.uid !== two?.metadata.uid;
  await world.until(pods, (all) => all.filter((pod) => isNew(pod) && isReady(pod)).length === 2);
  const released = await world.get<Pod>(podKind.type, two?.metadata.name ?? "");
  assert.deepEqual(released.metadata.ownerReferences ?? [], []);
});

test("a Deployment that is scaled in the middle of a rollout goes on with it", async () => {
  await create({ replicas: 10 });
  await rolledOut();
  const [first] = await sets();
  world.unready.add(new RegExp(`^(?!${first?.metadata.name}).`));
  await world.edit(deploymentKind.type, "web", withImage("web:2"));
  await world.until(get, ({ status }) => status?.updatedReplicas === 5);
  await world.edit<Deployment>(deploymentKind.type, "web", (object) => ({
    ...object,
    spec: { ...object.spec, replicas: 11 },
  }));
  await world.until(get, ({ metadata, status }) => status?.observedGeneration === metadata.generation);
  world.unready.clear();
  for (const { metadata } of (await pods()).filter((pod) => !isReady(pod))) {
    await world.store.delete(podKind.type, { namespace: NAMESPACE, name: metadata.name });
  }
  await rolledOut();
  assert.equal((await pods()).filter(isActive).length, 11);
});
