/** Local rate limits in a real Envoy: which requests a rule counts, what tells them apart, what clients are told. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Rule } from "../../src/kinds/lateen/rate-limit-schema.ts";
import { type LimitedEnvoy, passed, startLimitedEnvoy } from "./limited-envoy.ts";

/** So slow that nothing comes back while a test runs. */
const few = (requests: number) => ({ requests, per: "744h" });

const paths = (...all: string[]) => ({ paths: all });

/** Each test has rules of its own, told apart by path. */
const RULES: Rule[] = [
  { name: "all-of-one-path", match: paths("/one"), limit: few(2) },
  { name: "prefix", match: paths("/prefix/*"), limit: few(2) },
  { name: "methods", match: { ...paths("/methods"), methods: ["POST", "PUT"] }, limit: few(1) },
  { name: "hosts", match: { ...paths("/hosts"), hosts: ["shop.example.com", "*.wild.example.com"] }, limit: few(1) },
  {
    name: "headers",
    match: { ...paths("/headers"), headers: { "x-plan": { exact: "free" }, "x-any": {} } },
    limit: few(1),
  },
  { name: "special", match: paths("/a.b+c"), limit: few(1) },
  { name: "by-header", match: paths("/by-header"), by: [{ header: "X-Api-Key" }], limit: few(1) },
  { name: "by-two", match: paths("/by-two"), by: [{ header: "x-a" }, { header: "x-b" }], limit: few(1) },
  { name: "by-address", match: paths("/by-address"), by: [{ source: "Address" }], limit: few(1) },
  { name: "by-identity", match: paths("/by-identity"), by: [{ identity: "Namespace" }], limit: few(1) },
  { name: "by-claim", match: paths("/by-claim"), by: [{ claim: "sub" }], limit: few(1) },
  { name: "burst", match: paths("/burst"), limit: { requests: 1, per: "744h", burst: 5 } },
  { name: "first-of-two", match: paths("/two/*"), limit: few(3) },
  {
    name: "largest",
    match: {
      hosts: Array.from({ length: 16 }, (_, i) => `*.${"long-name.".repeat(20)}n${i}.example.com`),
      paths: Array.from({ length: 16 }, (_, i) => `/${i}/${"long-path/".repeat(50)}*`),
    },
    limit: few(1),
  },
  { name: "second-of-two", match: paths("/two/strict"), limit: few(1) },
];

let gateway: LimitedEnvoy;
let sidecar: LimitedEnvoy;

before(async () => {
  gateway = await startLimitedEnvoy("Gateway", RULES);
  sidecar = await startLimitedEnvoy("SidecarInbound", RULES);
});
after(() => Promise.all([gateway?.stop(), sidecar?.stop()]));

it("what is over the limit is answered 429, with which limit it was and when to come back", async () => {
  assert.equal(await passed(gateway, 2, "/one"), 2);
  const { status, headers, body } = await gateway.ask("/one");
  assert.equal(status, 429);
  assert.equal(headers["ratelimit-policy"], '"shop/all-of-one-path";q=2;w=2678400');
  assert.equal(headers.ratelimit, '"shop/all-of-one-path";r=0');
  assert.match(headers["retry-after"] ?? "", /^[1-9]\d*$/);
  assert.equal(body, 'Too many requests: over the limit "shop/all-of-one-path";q=2;w=2678400\n');
});

it("a call of gRPC over the limit ends as one: resource exhausted", async () => {
  assert.equal(await passed(sidecar, 2, "/one"), 2);
  const how = { method: "POST", headers: { "content-type": "application/grpc" } };
  const { status, headers } = await sidecar.ask("/one", how);
  assert.deepEqual([status, headers["grpc-status"]], [200, "8"]);
});

describe("a rule counts only what it matches", () => {
  it("paths, however long the query is, and all that begin so", async () => {
    assert.equal(await passed(gateway, 5, "/oneself"), 5);
    assert.equal(await passed(gateway, 5, "/one/more"), 5);
    assert.equal(await passed(sidecar, 3, "/prefix/a?b=c"), 2);
    assert.equal(await passed(sidecar, 3, "/prefix/other"), 0);
    assert.equal((await gateway.ask("/one?query=/two")).status, 429);
  });

  it("other spellings of a path are the same path", async () => {
    assert.equal((await gateway.ask("/x/../one")).status, 429);
    assert.equal((await gateway.ask("/%6fne")).status, 429);
    assert.equal(await passed(gateway, 2, "/a.b+c"), 1);
    assert.equal(await passed(gateway, 2, "/aXbbc"), 2);
  });

  it("methods", async () => {
    assert.equal(await passed(gateway, 2, "/methods"), 2);
    assert.equal(await passed(gateway, 1, "/methods", { method: "POST" }), 1);
    assert.equal(await passed(gateway, 2, "/methods", { method: "PUT" }), 0);
  });

  it("hosts, however they are spelled", async () => {
    const host = (name: string) => ({ headers: { host: name } });
    assert.equal(await passed(gateway, 2, "/hosts", host("other.example.com")), 2);
    assert.equal(await passed(gateway, 2, "/hosts", host("wild.example.com")), 2);
    assert.equal(await passed(gateway, 1, "/hosts", host("shop.example.com")), 1);
    for (const name of ["shop.example.com:8080", "SHOP.example.com", "shop.example.com.", "a.wild.example.com"]) {
      assert.equal(await passed(gateway, 1, "/hosts", host(name)), 0, name);
    }
  });

  it("headers", async () => {
    assert.equal(await passed(gateway, 2, "/headers", { headers: { "x-plan": "free" } }), 2);
    assert.equal(await passed(gateway, 2, "/headers", { headers: { "x-plan": "paid", "x-any": "1" } }), 2);
    assert.equal(await passed(gateway, 2, "/headers", { headers: { "x-plan": "free", "x-any": "1" } }), 1);
  });
});

describe("keys have limits of their own", () => {
  it("a header's values, and all without it one together", async () => {
    const key = (value: string) => ({ headers: { "x-api-key": value } });
    assert.equal(await passed(gateway, 2, "/by-header", key("a")), 1);
    assert.equal(await passed(gateway, 2, "/by-header", key("b")), 1);
    assert.equal(await passed(gateway, 2, "/by-header"), 1);
    assert.equal(await passed(gateway, 2, "/by-header", key("")), 1, "an empty value is one too");
    assert.equal(await passed(gateway, 2, "/by-header", key("-")), 1, "nobody can pass for those without it");
    assert.equal(await passed(gateway, 2, "/by-header", key("\u00ff\u00fe")), 1, "bytes that are no text are one too");
  });

  it("a header's very long values count as one", async () => {
    const long = (end: string) => ({ headers: { "x-api-key": `${"x".repeat(2100)}${end}` } });
    assert.equal(await passed(gateway, 2, "/by-header", long("a")), 1);
    assert.equal(await passed(gateway, 2, "/by-header", long("b")), 0);
  });

  it("several keys count together", async () => {
    const keys = (a: string, b: string) => ({ headers: { "x-a": a, "x-b": b } });
    assert.equal(await passed(gateway, 2, "/by-two", keys("1", "2")), 1);
    assert.equal(await passed(gateway, 2, "/by-two", keys("1", "3")), 1);
    assert.equal(await passed(gateway, 2, "/by-two", keys("2", "1")), 1);
  });

  it("no header changes whose address it is, at a gateway or inside the mesh", async () => {
    for (const proxy of [gateway, sidecar]) {
      const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
      assert.equal(await passed(proxy, 1, "/by-address", from("9.9.9.1")), 1);
      assert.equal(await passed(proxy, 1, "/by-address", from("9.9.9.2")), 0);
      assert.equal(await passed(proxy, 1, "/by-address"), 0);
    }
  });

  it("who shows no certificate or token is one of all who do not, whatever headers say", async () => {
    const forged = { headers: { "x-forwarded-client-cert": "URI=spiffe://cluster.local/ns/a/sa/b" } };
    assert.equal(await passed(sidecar, 2, "/by-identity"), 1);
    assert.equal(await passed(sidecar, 1, "/by-identity", forged), 0);
    assert.equal(await passed(sidecar, 2, "/by-claim"), 1);
    assert.equal(await passed(sidecar, 1, "/by-claim", { headers: { authorization: "Bearer x" } }), 0);
  });
});

it("a burst is how many pass at once", async () => {
  assert.equal(await passed(gateway, 9, "/burst"), 5);
});

it("every rule that matches must let a request pass", async () => {
  assert.equal(await passed(gateway, 2, "/two/strict"), 1);
  assert.match((await gateway.ask("/two/strict")).body, /"shop\/second-of-two"/);
  assert.match((await gateway.ask("/two/other")).body, /"shop\/first-of-two"/);
});

it("a rule as large as it may be matches as others do", async () => {
  const how = { headers: { host: `a.${"long-name.".repeat(20)}n15.example.com` } };
  assert.equal(await passed(gateway, 2, `/15/${"long-path/".repeat(50)}x`, how), 1);
  assert.equal(await passed(gateway, 2, "/15/short", how), 2);
});

it("each rule has statistics of its own, and none is named by what a client sends", async () => {
  const answer = await fetch(`${gateway.admin}/stats?filter=lateen_ratelimit`);
  const stats = await answer.text();
  assert.match(stats, /^lateen_ratelimit\|default\/shop\/methods;\.http_local_rate_limit\.rate_limited: 2$/m);
  assert.equal(stats.split("\n").filter((line) => line.includes(".rate_limited:")).length, RULES.length);
});
