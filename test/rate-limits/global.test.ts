/** Global rate limits: real Envoys that ask the real service over mutual TLS. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { status as Code } from "@grpc/grpc-js";
import { RateLimitResponse_Code as Answered } from "#envoy/service/ratelimit/v3/rls_pb.js";
import type { Rule } from "../../src/kinds/lateen/rate-limit-schema.ts";
import type { Limiter } from "../../src/rate-limiter/limiter.ts";
import { type KeyPair, meshAuthority } from "../envoy/authorization/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { type LimitedEnvoy, passed, startLimitedEnvoy } from "./limited-envoy.ts";
import { askLimiter, global, type LimiterWorld, limiterWorld } from "./limiter-world.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";

/** So slow that nothing comes back while a test runs. */
const few = (requests: number) => ({ requests, per: "744h" });
const paths = (path: string) => ({ paths: [path] });

const RULES: Rule[] = [
  global("together", { match: paths("/together"), limit: few(50), onUnavailable: "Deny" }),
  global("rate", {
    match: paths("/rate"),
    limit: { requests: 20, per: "1s", burst: 10 },
    onUnavailable: "Deny",
  }),
  global("by-header", {
    match: paths("/by-header"),
    by: [{ header: "x-api-key" }],
    limit: few(2),
    onUnavailable: "Deny",
  }),
  global("strict", { match: paths("/two"), limit: few(1), onUnavailable: "Deny" }),
  global("wide", { match: paths("/two"), limit: few(5), onUnavailable: "Deny" }),
  global("open", { match: paths("/open"), limit: few(1), onUnavailable: "Allow" }),
  global("closed", { match: paths("/closed"), limit: few(1), onUnavailable: "Deny" }),
  global("answered-here", { match: paths("/answered-here"), limit: few(1), onUnavailable: "Deny" }),
  global("replicas", { match: paths("/replicas"), limit: few(50), onUnavailable: "Deny" }),
];

let world: LimiterWorld;
let proxy: KeyPair;
let stranger: KeyPair;
let limiter: Limiter;
let gateways: LimitedEnvoy[];

before(async () => {
  world = await limiterWorld();
  proxy = await world.pod("gateway", { app: "gateway" });
  stranger = await world.pod("stranger", { app: "stranger" });
  await world.limit("shop", { selector: { matchLabels: { app: "gateway" } }, rules: RULES });
  limiter = await world.start();
  gateways = await Promise.all([0, 1, 2].map(() => startGateway([limiter.port])));
});
after(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
  await world?.close();
});

function startGateway(ports: readonly number[]): Promise<LimitedEnvoy> {
  return startLimitedEnvoy("Gateway", RULES, [world.cluster(proxy, ports)]);
}

function first(): LimitedEnvoy {
  const [gateway] = gateways;
  if (!gateway) throw new Error("there is no gateway");
  return gateway;
}

/** How many of the answers have each status, when all gateways are asked so often, all at once. */
async function storm(envoys: readonly LimitedEnvoy[], path: string, each: number): Promise<Map<number, number>> {
  const answers = envoys.flatMap((envoy) => Array.from({ length: each }, () => envoy.ask(path)));
  const counts = new Map<number, number>();
  for (const { status } of await Promise.all(answers)) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

it("three gateways hold one limit, however their requests meet", async () => {
  const counts = await storm(gateways, "/together", 60);
  const [yes = 0, over = 0, unknown = 0] = [200, 429, 503].map((status) => counts.get(status));
  assert.equal(yes + over + unknown, 180, "there are no other answers");
  // A machine so slow that the service's answer came too late has used up what it did not give.
  assert.ok(yes <= 50 && yes + unknown >= 50, `${yes} passed, ${unknown} were not counted in time`);
  assert.ok(over > 0);
});

it("under steady load no more pass than the burst and what the rate brings", async () => {
  const began = performance.now();
  let yes = 0;
  while (performance.now() - began < 2000) yes += (await storm(gateways, "/rate", 10)).get(200) ?? 0;
  const bound = 10 + ((performance.now() - began) * 20) / 1000;
  assert.ok(yes >= 10 && yes <= bound, `${yes} passed where ${bound} may`);
});

it("every answer says what is left, and one over the limit which limit it was and when to come back", async () => {
  const how = { headers: { "x-api-key": "told" } };
  const fine = await first().ask("/by-header", how);
  assert.equal(fine.status, 200);
  assert.equal(fine.headers["ratelimit-policy"], '"shop/by-header";q=2;w=2678400');
  assert.match(String(fine.headers.ratelimit), /^"shop\/by-header";r=1;t=\d+$/);
  await first().ask("/by-header", how);
  const over = await first().ask("/by-header", how);
  assert.equal(over.status, 429);
  assert.match(String(over.headers.ratelimit), /^"shop\/by-header";r=0;t=\d+$/);
  assert.match(over.headers["retry-after"] ?? "", /^[1-9]\d*$/);
  assert.equal(over.body, 'Too many requests: over the limit "shop/by-header";q=2;w=2678400\n');
});

it("keys have limits of their own, and all without it one together", async () => {
  for (const key of ["a", "b", ""]) {
    assert.equal(await passed(first(), 4, "/by-header", { headers: { "x-api-key": key } }), 2, `key "${key}"`);
  }
  assert.equal(await passed(first(), 4, "/by-header"), 2);
});

it("every rule that matches must let a request pass, and the answer names the one that did not", async () => {
  assert.equal(await passed(first(), 3, "/two"), 1);
  const { body, headers } = await first().ask("/two");
  assert.equal(body, 'Too many requests: over the limit "shop/strict";q=1;w=2678400\n');
  assert.match(String(headers["ratelimit-policy"]), /strict.*wide/);
});

it("for what a proxy answers itself it asks nobody", async () => {
  assert.equal(await passed(first(), 3, "/answered-here"), 3);
});

describe("who may ask", () => {
  const question = { domain: "lateen", descriptors: [{ entries: [{ key: "rule", value: "default/shop/closed" }] }] };
  const ask = (own: KeyPair | undefined, what: Parameters<typeof askLimiter>[3] = question) =>
    askLimiter(limiter.port, world.authority.root, own, what);

  it("a workload that the rule is not for uses up nothing of it", async () => {
    for (let i = 0; i < 5; i++) {
      const answer = await ask(stranger);
      assert.ok("code" in answer);
      assert.equal(answer.code, Code.PERMISSION_DENIED);
    }
    const own = await ask(proxy);
    assert.ok("overallCode" in own);
    assert.equal(own.overallCode, Answered.OK);
  });

  it("nobody without a certificate of the mesh is answered", async () => {
    const foreign = await meshAuthority("O=elsewhere");
    const forged = await foreign.issue("spiffe://cluster.local/ns/default/sa/gateway");
    const otherDomain = await world.authority.issue("spiffe://elsewhere/ns/default/sa/gateway");
    const twoNames = await world.authority.issue(
      "spiffe://cluster.local/ns/default/sa/gateway",
      "spiffe://cluster.local/ns/default/sa/stranger",
    );
    for (const own of [undefined, forged, otherDomain, twoNames]) assert.ok("code" in (await ask(own)));
  });

  it("a proxy names rules, and cannot say what they are", async () => {
    const generous = { requestsPerUnit: 1_000_000, unit: 1 };
    const [descriptor] = question.descriptors;
    const answer = await ask(proxy, { ...question, descriptors: [{ ...descriptor, limit: generous }] });
    assert.ok("overallCode" in answer);
    assert.equal(answer.overallCode, Answered.OVER_LIMIT);
    for (const bad of [
      { ...question, domain: "other" },
      { domain: "lateen", descriptors: [{ entries: [] }] },
    ]) {
      const refused = await ask(proxy, bad);
      assert.ok("code" in refused);
      assert.equal(refused.code, Code.INVALID_ARGUMENT);
    }
  });
});

it("replicas with one Redis hold one limit, and without it each rule's own choice holds", async () => {
  const redis: RedisServer = await startRedis();
  const replicas = [await world.start({ redis: redis.url }), await world.start({ redis: redis.url })];
  const ports = replicas.map(({ port }) => port);
  const pair = await Promise.all([startGateway(ports), startGateway(ports)]);
  try {
    const counts = await storm(pair, "/replicas", 100);
    const [yes = 0, unknown = 0] = [200, 503].map((status) => counts.get(status));
    assert.ok(yes <= 50 && yes + unknown >= 50, `${yes} passed, ${unknown} were not counted in time`);
    await redis.kill();
    for (const gateway of pair) {
      assert.equal(await passed(gateway, 4, "/open"), 4);
      assert.deepEqual([...(await storm([gateway], "/closed", 4)).keys()], [503]);
    }
  } finally {
    await Promise.all(pair.map((gateway) => gateway.stop()));
    await redis.close();
  }
});

it("when the service is killed, each rule's own choice holds until it is back", async () => {
  await passed(first(), 2, "/open");
  const { port } = limiter;
  await limiter.close();
  assert.equal(await passed(first(), 5, "/open"), 5);
  const { status, headers } = await first().ask("/closed");
  assert.deepEqual([status, headers.ratelimit], [503, undefined]);
  assert.equal(await passed(first(), 5, "/other"), 5, "what no rule is for does not ask");
  limiter = await world.start({ port });
  await eventually(async () => assert.equal((await first().ask("/open")).status, 429));
});
