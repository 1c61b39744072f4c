/** Limits by claims of tokens, which the same Envoy has verified before. */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import type { Rule } from "../../src/kinds/lateen/rate-limit-schema.ts";
import { rule } from "../envoy/token-envoy.ts";
import { testIssuer } from "../support/tokens.ts";
import { type LimitedEnvoy, passed, startLimitedEnvoy } from "./limited-envoy.ts";

const acme = testIssuer("https://acme.example.com");
const stranger = testIssuer("https://acme.example.com");
const limit = { requests: 2, per: "744h" };

const RULES: Rule[] = [
  { name: "users", match: { paths: ["/users"] }, by: [{ claim: "sub" }], limit },
  { name: "tenants", match: { paths: ["/tenants"] }, by: [{ claim: "realm[tenant]" }], limit },
];

let envoy: LimitedEnvoy;

before(async () => {
  envoy = await startLimitedEnvoy("Gateway", RULES, [], [rule({ issuer: acme.issuer, jwks: acme.jwks })]);
});
after(() => envoy?.stop());

async function bearer(claims: Parameters<typeof acme.token>[0], issuer = acme) {
  return { headers: { authorization: `Bearer ${await issuer.token(claims)}` } };
}

it("each value of a claim has a limit of its own, whatever token it comes in", async () => {
  assert.equal(await passed(envoy, 4, "/users", await bearer({ sub: "alice" })), 2);
  assert.equal(await passed(envoy, 4, "/users", await bearer({ sub: "bob" })), 2);
  assert.equal((await envoy.ask("/users", await bearer({ sub: "alice", jti: "another" }))).status, 429);
});

it("a claim within a claim does too", async () => {
  assert.equal(await passed(envoy, 4, "/tenants", await bearer({ sub: "a", realm: { tenant: "red" } })), 2);
  assert.equal(await passed(envoy, 1, "/tenants", await bearer({ sub: "b", realm: { tenant: "red" } })), 0);
  assert.equal(await passed(envoy, 4, "/tenants", await bearer({ sub: "b", realm: { tenant: "blue" } })), 2);
});

it("who has no such claim, no text in it, or no token shares one limit", async () => {
  assert.equal(await passed(envoy, 4, "/tenants"), 2);
  assert.equal(await passed(envoy, 1, "/tenants", await bearer({ sub: "c" })), 0);
  assert.equal(await passed(envoy, 1, "/tenants", await bearer({ sub: "c", realm: { tenant: 7 } })), 0);
});

it("a token that is not taken uses up nothing of whose it claims to be", async () => {
  const forged = await bearer({ sub: "victim" }, stranger);
  for (let i = 0; i < 3; i++) assert.equal((await envoy.ask("/users", forged)).status, 401);
  assert.equal(await passed(envoy, 4, "/users", await bearer({ sub: "victim" })), 2);
});
