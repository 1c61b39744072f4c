/** What becomes of a token's claims in a real Envoy: headers for the application, and routes. */
import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { after, before, describe, test } from "node:test";
import type { ClaimMatch, HttpMatch } from "../../src/mesh/model.ts";
import { testIssuer } from "../support/tokens.ts";
import { routeTo, rule, startTokenEnvoy, type TokenEnvoy } from "./token-envoy.ts";

const acme = testIssuer("https://acme.example.com");
const globex = testIssuer("https://globex.example.com", "ES256");

const listeners = {
  plain: [rule({ issuer: acme.issuer, jwks: acme.jwks })],
  headers: [
    rule({
      issuer: acme.issuer,
      jwks: acme.jwks,
      payloadHeader: "x-payload",
      claimHeaders: [
        { header: "X-User", claim: "sub" },
        { header: "x-admin", claim: "admin" },
        { header: "x-age", claim: "age" },
        { header: "x-team", claim: "org.team" },
        { header: "x-groups", claim: "groups" },
      ],
    }),
    rule({
      issuer: globex.issuer,
      jwks: globex.jwks,
      headers: [{ name: "x-globex", prefix: "" }],
      claimHeaders: [{ header: "x-globex-user", claim: "sub" }],
    }),
  ],
};

const match = (...claims: ClaimMatch[]): HttpMatch => ({ headers: [], queryParams: [], claims });
const exact = (value: string) => ({ type: "Exact", value }) as const;
const byHeader: HttpMatch = { headers: [{ name: "x-team", match: exact("blue") }], queryParams: [] };
const banned: ClaimMatch = { path: ["banned"], match: { type: "Present" }, invert: true };
const routes = [
  routeTo("by-header", byHeader),
  routeTo("without", { ...match(banned), path: exact("/without") }),
  routeTo("group", match({ path: ["group"], match: exact("admin") })),
  routeTo("nested", match({ path: ["realm", "roles"], match: exact("admin") })),
  routeTo("dotted", match({ path: ["acme.com/tier"], match: { type: "Prefix", value: "gold" } })),
  routeTo("scope", match({ path: ["scope"], match: exact("write") })),
  routeTo("rest"),
];

let envoy: TokenEnvoy;
const call: TokenEnvoy["call"] = (...request) => envoy.call(...request);

before(async () => {
  envoy = await startTokenEnvoy(listeners, routes);
});
after(() => envoy?.stop());

describe("claims in headers", () => {
  const claims = { admin: true, age: 42, org: { team: "blue" }, groups: ["a", "b"] };
  const FORGED = {
    ...{ "x-user": "root", "x-admin": "true", "x-team": "red", "x-groups": "all", "x-payload": "e30" },
    "x-globex-user": "root",
  };

  test("texts, numbers, truths and nested ones are written as they are, lists as JSON in base64", async () => {
    const { seen } = await call("headers", { authorization: `Bearer ${await acme.token(claims)}` });
    const { "x-user": user, "x-admin": admin, "x-age": age, "x-team": team, "x-groups": groups } = seen.headers;
    assert.deepEqual(
      [user, admin, age, team, groups],
      ["alice", "true", "42", "blue", Buffer.from('["a","b"]').toString("base64url")],
    );
    const payload = JSON.parse(Buffer.from(String(seen.headers["x-payload"]), "base64url").toString());
    assert.equal(payload.sub, "alice");
  });

  test("what a client writes into them is gone, whether it has a token or not", async () => {
    const ownNames = (headers: IncomingHttpHeaders) => Object.keys(FORGED).filter((name) => headers[name]);
    const without = await call("headers", FORGED);
    assert.deepEqual(ownNames(without.seen.headers), []);
    const withToken = await call("headers", { ...FORGED, authorization: `Bearer ${await acme.token()}` });
    assert.deepEqual(ownNames(withToken.seen.headers), ["x-user", "x-payload"]);
    assert.equal(withToken.seen.headers["x-user"], "alice");
    const other = await call("headers", { ...FORGED, "x-globex": await globex.token() });
    assert.deepEqual(ownNames(other.seen.headers), ["x-globex-user"]);
    assert.equal(other.seen.headers["x-globex-user"], "alice");
  });

  test("nor does a preflight, which needs no token, bring them in", async () => {
    const preflight = { origin: "https://a.example.com", "access-control-request-method": "GET" };
    const { status, seen } = await call("headers", { ...FORGED, ...preflight }, "/", "OPTIONS");
    assert.equal(status, 200);
    assert.deepEqual(
      Object.keys(FORGED).filter((name) => seen.headers[name]),
      [],
    );
  });

  test("of two tokens of different issuers in their own places one valid one is enough, as in Istio", async () => {
    const authorization = `Bearer ${await acme.token()}`;
    const { status, seen } = await call("headers", { authorization, "x-globex": "no", "x-globex-user": "root" });
    assert.equal(status, 200);
    assert.deepEqual([seen.headers["x-user"], seen.headers["x-globex-user"]], ["alice", undefined]);
    const other = await call("headers", { authorization: "Bearer no", "x-globex": await globex.token() });
    assert.deepEqual([other.status, other.seen.headers["x-user"]], [200, undefined]);
    assert.equal((await call("headers", { "x-globex": "no" })).status, 401);
  });

  test("no route is chosen by one that a client wrote", async () => {
    assert.equal((await call("headers", { "x-team": "blue" })).seen.headers["x-route"], "rest");
    const token = await acme.token({ org: { team: "blue" } });
    const { seen } = await call("headers", { authorization: `Bearer ${token}` });
    assert.equal(seen.headers["x-route"], "by-header");
  });
});

describe("routes by claims", () => {
  const route = async (token: string): Promise<unknown> =>
    (await call("plain", { authorization: `Bearer ${token}` })).seen.headers["x-route"];

  test("a text, one of a list, a nested one, and one whose name has dots", async () => {
    assert.equal(await route(await acme.token({ group: "admin" })), "group");
    assert.equal(await route(await acme.token({ group: ["dev", "admin"] })), "group");
    assert.equal(await route(await acme.token({ realm: { roles: ["admin"] } })), "nested");
    assert.equal(await route(await acme.token({ "acme.com/tier": "gold-plus" })), "dotted");
    assert.equal(await route(await acme.token({ scope: "read write" })), "scope");
  });

  test("what is no such claim goes elsewhere", async () => {
    for (const claims of [
      { group: "admins" },
      { group: { admin: "admin" } },
      { realm: "admin" },
      { roles: ["admin"] },
    ]) {
      assert.equal(await route(await acme.token(claims)), "rest", JSON.stringify(claims));
    }
  });

  test("without a token no claim is there", async () => {
    assert.equal((await call("plain", {})).seen.headers["x-route"], "rest");
    assert.equal((await call("plain", {}, "/without")).seen.headers["x-route"], "without");
    const token = await acme.token({ banned: "yes" });
    const banned = await call("plain", { authorization: `Bearer ${token}` }, "/without");
    assert.equal(banned.seen.headers["x-route"], "rest");
  });
});
