/** Buckets in a real Redis, for replicas that count together. */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { createClient } from "@redis/client";
import type { Limit } from "../../src/mesh/security/rate-limit-model.ts";
import type { Counters } from "../../src/rate-limiter/counters.ts";
import { redisCounters } from "../../src/rate-limiter/redis-counters.ts";
import { eventually } from "../support/eventually.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";

/** So slow that nothing comes back while a test runs. */
const PER_MONTH: Limit = { requests: 10, perMs: 744 * 3600_000, burst: 10 };

let redis: RedisServer;
const open: Counters[] = [];

before(async () => {
  redis = await startRedis();
});

after(async () => {
  await Promise.all(open.map((counters) => counters.close()));
  await redis.close();
});

async function replica(buckets?: number): Promise<Counters> {
  const counters = await redisCounters({
    url: redis.url,
    onError: () => {},
    ...(buckets !== undefined && { buckets }),
  });
  open.push(counters);
  return counters;
}

async function passed(counters: readonly Counters[], rule: string, times: number, key = ""): Promise<number> {
  const hits = Array.from({ length: times }, (_, i) =>
    counters[i % counters.length]?.take({ rule, key, limit: PER_MONTH, hits: 1 }),
  );
  return (await Promise.all(hits)).filter((verdict) => verdict?.allowed).length;
}

it("replicas hold one limit together, however their requests meet", async () => {
  const replicas = [await replica(), await replica(), await replica()];
  assert.equal(await passed(replicas, "together", 300), 10);
  assert.equal(await passed(replicas, "apart", 30, "a"), 10);
  assert.equal(await passed(replicas, "apart", 30, "b"), 10);
});

it("says the same as buckets in memory", async () => {
  const counters = await replica();
  const limit: Limit = { requests: 10, perMs: 36_000_000, burst: 10 };
  const take = (hits: number) => counters.take({ rule: "words", key: "", limit, hits });
  const { fullMs, ...first } = await take(4);
  assert.deepEqual(first, { allowed: true, remaining: 6, retryMs: 0 });
  assert.equal(Math.round(fullMs / 3_600_000), 4);
  const refused = await take(7);
  assert.deepEqual([refused.allowed, refused.remaining, Math.round(refused.retryMs / 3_600_000)], [false, 6, 1]);
  assert.equal((await take(6)).allowed, true, "what was refused has taken nothing");
});

it("a limit that is made wider is wider at once, also for who was over it", async () => {
  const counters = await replica();
  assert.equal(await passed([counters], "wider", 11), 10);
  const wide: Limit = { requests: 1000, perMs: 1000, burst: 10 };
  const { retryMs } = await counters.take({ rule: "wider", key: "", limit: wide, hits: 1 });
  assert.ok(retryMs <= 1, `${retryMs} ms`);
});

it("a bucket fills again by the server's clock", async () => {
  const counters = await replica();
  const limit: Limit = { requests: 20, perMs: 1000, burst: 1 };
  const take = () => counters.take({ rule: "clock", key: "", limit, hits: 1 });
  assert.equal((await take()).allowed, true);
  await eventually(async () => assert.equal((await take()).allowed, true));
});

it("however many keys clients make up, buckets stay as many as they may be, and who is limited stays so", async () => {
  const counters = await replica(50);
  assert.equal(await passed([counters], "flood", 20, "mine"), 10);
  for (let i = 0; i < 500; i++) await passed([counters], "flood", 1, `made up ${i}`);
  assert.equal(await passed([counters], "flood", 5, "mine"), 0);
  const client = await createClient({ url: redis.url }).connect();
  assert.equal(await client.zCard("lateen:ratelimit:flood"), 50);
  assert.ok((await client.pTTL("lateen:ratelimit:flood")) > 0, "what nobody asks for goes by itself");
  const members = await client.zRange("lateen:ratelimit:flood", 0, -1);
  assert.ok(!members.some((member) => member.includes("mine")), "keys, which may be secrets, do not lie there");
  client.destroy();
});

it("while the server is away nothing is counted, and when it is back it is again", async () => {
  const counters = await replica();
  await counters.take({ rule: "away", key: "", limit: PER_MONTH, hits: 1 });
  await redis.kill();
  await assert.rejects(counters.take({ rule: "away", key: "", limit: PER_MONTH, hits: 1 }));
  await redis.start();
  await eventually(() => counters.take({ rule: "away", key: "", limit: PER_MONTH, hits: 1 }));
});

it("an address that is none is refused with how to write it", async () => {
  await assert.rejects(redisCounters({ url: "host:6379", onError: () => {} }), /no URL/);
});
