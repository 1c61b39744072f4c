import assert from "node:assert/strict";
import { test } from "node:test";
import { probeLoop } from "./probe-loop.ts";

const SECOND_MS = 100;

/** Probes something that is well or not, second by second. */
async function probed(wellness: boolean[], spec: { failureThreshold?: number; successThreshold?: number }) {
  const ending = new AbortController();
  const start = performance.now();
  const verdicts: boolean[] = [];
  const told: string[] = [];
  await probeLoop({
    spec: { periodSeconds: 1, ...spec },
    check: () => {
      const second = Math.floor((performance.now() - start) / SECOND_MS);
      if (second >= wellness.length) ending.abort();
      return Promise.resolve({ ok: wellness[second] ?? false, message: `at ${second} s` });
    },
    verdict: (ok) => verdicts.push(ok),
    failed: (message) => told.push(message),
    signal: ending.signal,
    secondMs: SECOND_MS,
  });
  return { verdicts, told };
}

test("a container that becomes ready between two probes is found ready before the next", async () => {
  const { verdicts, told } = await probed([true], {});
  assert.deepEqual([verdicts, told], [[true], []]);
});

test("failures change the verdict when there are as many as the threshold", async () => {
  const few = await probed([true, false, true], { failureThreshold: 3 });
  assert.deepEqual(few.verdicts, [true]);
  const many = await probed([true, false, false, false, false, false], { failureThreshold: 3 });
  assert.deepEqual(many.verdicts.slice(0, 2), [true, false]);
  assert.ok(many.told.length >= 3);
});

test("after a failure as many successes are needed as the threshold says", async () => {
  const once = await probed([true, true, true, false, true], { failureThreshold: 1, successThreshold: 3 });
  assert.equal(once.verdicts.at(-1), false);
});
