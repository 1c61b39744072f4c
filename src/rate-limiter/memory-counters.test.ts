import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { Limit } from "../mesh/security/rate-limit-model.ts";
import { memoryCounters } from "./memory-counters.ts";

function world(limit: Limit, buckets?: number) {
  let time = 1_000_000;
  const counters = memoryCounters({ now: () => time, ...(buckets !== undefined && { buckets }) });
  const take = (key = "", hits = 1) => counters.take({ rule: "default/shop/all", key, limit, hits });
  const passed = async (times: number, key?: string): Promise<number> => {
    let count = 0;
    for (let i = 0; i < times; i++) if ((await take(key)).allowed) count++;
    return count;
  };
  return { take, passed, wait: (ms: number) => (time += ms), counters };
}

const PER_SECOND: Limit = { requests: 10, perMs: 1000, burst: 10 };

it("as many as the burst pass at once, and then as many as the rate brings", async () => {
  const { passed, wait } = world(PER_SECOND);
  assert.equal(await passed(15), 10);
  wait(99);
  assert.equal(await passed(5), 0);
  wait(1);
  assert.equal(await passed(5), 1);
  wait(500);
  assert.equal(await passed(50), 5);
  wait(3_600_000);
  assert.equal(await passed(50), 10, "a bucket holds no more than its burst, however long nobody came");
});

it("there is no edge of a window at which twice as many pass", async () => {
  const { passed, wait } = world({ requests: 60, perMs: 60_000, burst: 1 });
  let count = 0;
  for (let i = 0; i < 1200; i++) {
    count += await passed(1);
    wait(100);
  }
  assert.equal(count, 120);
});

it("says how many are left, when all will be there again, and when to come back", async () => {
  const { take, passed } = world(PER_SECOND);
  assert.deepEqual(await take(), { allowed: true, remaining: 9, fullMs: 100, retryMs: 0 });
  assert.deepEqual(await take("", 4), { allowed: true, remaining: 5, fullMs: 500, retryMs: 0 });
  assert.deepEqual(await take("", 7), { allowed: false, remaining: 5, fullMs: 500, retryMs: 200 });
  assert.equal(await passed(6), 5, "what was refused has taken nothing");
  assert.deepEqual(await take(), { allowed: false, remaining: 0, fullMs: 1000, retryMs: 100 });
});

it("keys have buckets of their own, and so have rules", async () => {
  const { passed, counters } = world(PER_SECOND);
  assert.equal(await passed(20, "a"), 10);
  assert.equal(await passed(20, "b"), 10);
  const other = await counters.take({ rule: "default/shop/other", key: "a", limit: PER_SECOND, hits: 1 });
  assert.equal(other.remaining, 9);
});

it("in whatever time, no more pass than the burst and what the rate brings", async () => {
  const limits = fc.record({
    requests: fc.integer({ min: 1, max: 50 }),
    perMs: fc.integer({ min: 1000, max: 100_000 }),
    burst: fc.integer({ min: 1, max: 50 }),
  });
  const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(limits, gaps, async (limit, waits) => {
      const { take, wait } = world(limit);
      const passed: number[] = [];
      let now = 0;
      for (const ms of waits) {
        wait(ms);
        now += ms;
        if ((await take()).allowed) passed.push(now);
      }
      passed.forEach((from, i) => {
        passed.slice(i).forEach((to, more) => {
          const bound = limit.burst + ((to - from) * limit.requests) / limit.perMs;
          assert.ok(more + 1 <= bound + 1e-6, `${more + 1} in ${to - from} ms, where ${bound} may pass`);
        });
      });
    }),
    { numRuns: 50 },
  );
});

it("a limit that is made wider is wider at once, also for who was over it", async () => {
  const counters = memoryCounters({ now: () => 1_000_000 });
  const take = (limit: Limit) => counters.take({ rule: "r", key: "", limit, hits: 1 });
  const narrow: Limit = { requests: 1, perMs: 2_678_400_000, burst: 1 };
  await take(narrow);
  assert.equal((await take(narrow)).allowed, false);
  assert.equal((await take(PER_SECOND)).retryMs, 100);
});

it("however many keys a client makes up, buckets stay as many as they may be, and who is limited stays so", async () => {
  const { passed } = world({ requests: 5, perMs: 3_600_000, burst: 5 }, 100);
  assert.equal(await passed(5, "mine"), 5);
  for (let i = 0; i < 50; i++) await passed(1, `made up ${i}`);
  assert.equal(await passed(1, "mine"), 0);
  for (let i = 0; i < 2000; i++) await passed(1, `made up again ${i}`);
  assert.equal(await passed(5, "mine"), 0);
});
