import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type DaemonSet, daemonSetKind } from "../../../kinds/core/daemon-set.ts";
import { type Node, nodeKind } from "../../../kinds/core/node.ts";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import { NAMESPACE, type TestWorld, testWorld } from "../test-world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld();
  await node("one");
});
afterEach(() => {
  world.end();
  assert.deepEqual(world.problems, []);
});

const node = (name: string, labels: Record<string, string> = {}) =>
  world.create<Node>(nodeKind.type, { apiVersion: "v1", kind: "Node", metadata: { name, labels } });

const create = (image: string, nodeSelector: Record<string, string> = {}) =>
  world.create<DaemonSet>(daemonSetKind.type, {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent", namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: { metadata: { labels: { app: "agent" } }, spec: { nodeSelector, containers: [{ name: "a", image }] } },
    },
  });

const get = () => world.get<DaemonSet>(daemonSetKind.type, "agent");
const pods = () => world.list<Pod>(podKind.type);
const settled = ({ metadata, status }: DaemonSet) =>
  status?.observedGeneration === metadata.generation &&
  status?.updatedNumberScheduled === status?.desiredNumberScheduled &&
  status?.numberAvailable === status?.desiredNumberScheduled;

test("every node that fits gets one pod, also one that comes later", async () => {
  await create("agent:1");
  await world.until(get, settled);
  await node("two");
  await world.until(get, (set) => settled(set) && set.status?.desiredNumberScheduled === 2);
  assert.deepEqual((await pods()).map(({ spec }) => spec.nodeName).sort(), ["one", "two"]);
});

test("a node that the selector does not match gets none", async () => {
  await create("agent:1", { disk: "fast" });
  await world.until(get, ({ status }) => status?.observedGeneration === 1 && status.desiredNumberScheduled === 0);
  await node("two", { disk: "fast" });
  await world.until(get, ({ status }) => status?.numberReady === 1);
  assert.deepEqual(
    (await pods()).map(({ spec }) => spec.nodeName),
    ["two"],
  );
});

test("a new template replaces the pods", async () => {
  await create("agent:1");
  await world.until(get, settled);
  await world.edit<DaemonSet>(daemonSetKind.type, "agent", (set) => {
    const template = { ...set.spec.template, spec: { containers: [{ name: "a", image: "agent:2" }] } };
    return { ...set, spec: { ...set.spec, template } };
  });
  await world.until(get, settled);
  await world.until(pods, (all) => all.map(({ spec }) => spec.containers[0]?.image).join() === "agent:2");
});
