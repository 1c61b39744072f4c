import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type Event, eventKind } from "../../../kinds/core/event.ts";
import { type Job, jobKind } from "../../../kinds/core/job.ts";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import { conditionOf } from "../conditions.ts";
import { NAMESPACE, type TestWorld, testWorld } from "../test-world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld();
});
afterEach(() => {
  world.end();
  assert.deepEqual(world.problems, []);
});

const create = (image: string, spec: Partial<Job["spec"]> = {}) =>
  world.create<Job>(jobKind.type, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "once", namespace: NAMESPACE },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image }] } }, ...spec },
  });

const get = () => world.get<Job>(jobKind.type, "once");
const pods = () => world.list<Pod>(podKind.type);
const is = (type: string) => (job: Job) => conditionOf(job.status?.conditions, type)?.status === "True";

test("a Job is complete when enough pods have succeeded", async () => {
  await create("exit:0", { completions: 3, parallelism: 2 });
  const done = await world.until(get, is("Complete"));
  assert.equal(done.status?.succeeded, 3);
  assert.ok(done.status?.startTime && done.status.completionTime);
  assert.equal((await pods()).length, 3);
  assert.equal((await pods())[0]?.metadata.labels?.["job-name"], "once");
  await world.until(
    () => world.list<Event>(eventKind.type),
    (all) => all.some(({ reason }) => reason === "Completed"),
  );
});

test("a Job whose pods fail beyond the back-off limit has failed", async () => {
  await create("exit:1", { backoffLimit: 0 });
  const done = await world.until(get, is("Failed"));
  assert.equal(conditionOf(done.status?.conditions, "Failed")?.reason, "BackoffLimitExceeded");
  assert.equal((await pods()).length, 1);
});

test("after a failure the next pod waits", async () => {
  await create("exit:1");
  await world.until(get, ({ status }) => status?.failed === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await pods()).length, 1);
});

test("a Job that takes too long is ended with its pods", async () => {
  await create("runs:on", { activeDeadlineSeconds: 1 });
  const done = await world.until(get, is("Failed"));
  assert.equal(conditionOf(done.status?.conditions, "Failed")?.reason, "DeadlineExceeded");
  await world.until(pods, (all) => all.length === 0);
});

test("a suspended Job has no pods until it is resumed", async () => {
  await create("exit:0", { suspend: true });
  await world.until(get, is("Suspended"));
  assert.deepEqual(await pods(), []);
  await world.edit<Job>(jobKind.type, "once", (job) => ({ ...job, spec: { ...job.spec, suspend: false } }));
  await world.until(get, is("Complete"));
});

test("each pod of an indexed Job knows its number", async () => {
  await create("exit:0", { completionMode: "Indexed", completions: 3, parallelism: 3 });
  await world.until(get, is("Complete"));
  const numbers = (await pods()).map(({ spec }) => spec.containers[0]?.env?.[0]?.value);
  assert.deepEqual(numbers.sort(), ["0", "1", "2"]);
});

test("a finished Job goes after its time to live", async () => {
  await create("exit:0", { ttlSecondsAfterFinished: 1 });
  await world.until(get, is("Complete"));
  await world.until(
    () => world.list(jobKind.type),
    (all) => all.length === 0,
  );
  await world.until(pods, (all) => all.length === 0);
});
