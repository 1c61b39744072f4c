import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../store/error.ts";
import { WorkQueue } from "./work-queue.ts";

function queueOf(sync: (key: string) => Promise<void>, options: { concurrency?: number } = {}) {
  const ending = new AbortController();
  const reported: string[] = [];
  const report = (key: string, error: unknown) =>
    reported.push(`${key}: ${error instanceof Error ? error.message : error}`);
  const queue = new WorkQueue({ sync, report, signal: ending.signal, ...options });
  return { queue, reported, end: () => ending.abort() };
}

test("a key that is added many times in a row is looked at once", async () => {
  const seen: string[] = [];
  const { queue } = queueOf(async (key) => void seen.push(key));
  for (let i = 0; i < 10; i++) queue.add("a");
  queue.add("b");
  await sleep(10);
  assert.deepEqual(seen, ["a", "b"]);
});

test("a key that is added while it is looked at is looked at again, but not at the same time", async () => {
  let running = 0;
  let runs = 0;
  const { queue } = queueOf(async (key) => {
    running++;
    assert.equal(running, 1);
    if (++runs === 1) queue.add(key);
    await sleep(5);
    running--;
  });
  queue.add("a");
  await sleep(30);
  assert.equal(runs, 2);
});

test("no more keys are looked at at a time than allowed", async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  const { queue } = queueOf(
    async () => {
      most = Math.max(most, ++running);
      await sleep(2);
      running--;
      done++;
    },
    { concurrency: 3 },
  );
  for (let i = 0; i < 20; i++) queue.add(String(i));
  await sleep(60);
  assert.deepEqual([most, done], [3, 20]);
});

test("a failure is reported and tried again, a conflict is only tried again", async () => {
  const failures = [new StoreError("Conflict", "modified"), new Error("broken")];
  let done = false;
  const { queue, reported } = queueOf(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    done = true;
  });
  queue.add("a");
  await sleep(50);
  assert.ok(done);
  assert.deepEqual(reported, ["a: broken"]);
});

test("of several delays the shortest counts, and after the end nothing is looked at", async () => {
  let runs = 0;
  const { queue, end } = queueOf(async () => void runs++);
  queue.addAfter("a", 60_000);
  queue.addAfter("a", 5);
  await sleep(20);
  assert.equal(runs, 1);
  queue.addAfter("a", 5);
  end();
  queue.add("b");
  await sleep(20);
  assert.equal(runs, 1);
});
