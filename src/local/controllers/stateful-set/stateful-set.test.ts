import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import { type StatefulSet, statefulSetKind } from "../../../kinds/core/stateful-set.ts";
import { isReady } from "../pods.ts";
import { NAMESPACE, type TestWorld, testWorld } from "../test-world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld();
});
afterEach(() => {
  world.end();
  assert.deepEqual(world.problems, []);
});

const template = (image: string) => ({
  metadata: { labels: { app: "db" } },
  spec: { containers: [{ name: "db", image }] },
});

const create = (spec: Partial<StatefulSet["spec"]> = {}) =>
  world.create<StatefulSet>(statefulSetKind.type, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: NAMESPACE },
    spec: {
      replicas: 3,
      serviceName: "dbs",
      selector: { matchLabels: { app: "db" } },
      template: template("db:1"),
      ...spec,
    },
  });

const get = () => world.get<StatefulSet>(statefulSetKind.type, "db");
const pods = () => world.list<Pod>(podKind.type);
const names = (all: Pod[]) => all.map(({ metadata }) => metadata.name).sort();
const edit = (spec: Partial<StatefulSet["spec"]>) =>
  world.edit<StatefulSet>(statefulSetKind.type, "db", (set) => ({ ...set, spec: { ...set.spec, ...spec } }));
const settled = ({ metadata, spec, status }: StatefulSet) =>
  status?.observedGeneration === metadata.generation &&
  status?.readyReplicas === spec.replicas &&
  status?.replicas === spec.replicas &&
  status?.currentRevision === status?.updateRevision;

test("pods have numbers, names that DNS knows, and come one after the other", async () => {
  world.unready.add(/^db-1$/);
  await create();
  await world.until(pods, (all) => names(all).join() === "db-0,db-1" && all.some(({ status }) => status?.podIP));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(names(await pods()), ["db-0", "db-1"]);
  world.unready.clear();
  await world.store.delete(podKind.type, { namespace: NAMESPACE, name: "db-1" });
  await world.until(get, settled);
  const [first] = await pods();
  assert.equal(first?.spec.hostname, first?.metadata.name);
  assert.equal(first?.spec.subdomain, "dbs");
});

test("scaling down takes the highest number first", async () => {
  await create();
  await world.until(get, settled);
  await edit({ replicas: 1 });
  await world.until(pods, (all) => names(all).join() === "db-0");
  await world.until(get, settled);
});

test("a new template replaces pods from the highest number down, one at a time, as far as the partition", async () => {
  await create();
  await world.until(get, settled);
  let least = 3;
  await edit({
    template: template("db:2"),
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } },
  });
  const partly = await world.until(
    async () => {
      least = Math.min(least, (await pods()).filter(isReady).length);
      return get();
    },
    ({ status }) => status?.updatedReplicas === 2 && status?.readyReplicas === 3,
  );
  assert.ok(least >= 2);
  assert.notEqual(partly.status?.currentRevision, partly.status?.updateRevision);
  const images = (await pods()).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  assert.deepEqual(
    images.map(({ spec }) => spec.containers[0]?.image),
    ["db:1", "db:2", "db:2"],
  );
  await edit({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } });
  await world.until(get, settled);
});
