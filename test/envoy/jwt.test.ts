/** Tokens, good and bad, before a real Envoy with the filters that RequestAuthentications give it. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { readKeySet } from "../../src/kinds/istio/key-set.ts";
import { secondsFromNow, testIssuer, unsigned } from "../support/tokens.ts";
import { rule, startTokenEnvoy, type TokenEnvoy } from "./token-envoy.ts";

const acme = testIssuer("https://acme.example.com");
const globex = testIssuer("https://globex.example.com", "ES256");
const pss = testIssuer("https://pss.example.com", "PS256");
const edwards = testIssuer("https://edwards.example.com", "EdDSA");
const keyless = testIssuer("https://keyless.example.com");
const stranger = testIssuer("https://acme.example.com");

const rsaKey = (bits: number, exponent: number) => ({
  kty: "RSA",
  n: Buffer.from((2n ** BigInt(bits - 1) + 1n).toString(16), "hex").toString("base64url"),
  e: Buffer.from([exponent]).toString("base64url"),
});
const EXTREMES = [
  rsaKey(2048, 3),
  rsaKey(8192, 3),
  { kty: "OKP", crv: "Ed25519", x: Buffer.alloc(32, 255).toString("base64url") },
  { ...globex.publicKey.export({ format: "jwk" }), kid: "\u0000".repeat(1_000) },
];

function usable(key: object): string {
  const set = readKeySet(JSON.stringify({ keys: [key] }));
  assert.ok("jwks" in set && set.size === 1);
  return set.jwks;
}

/** One listener of a gateway for each set of issuers. */
const listeners = {
  plain: [rule({ issuer: acme.issuer, jwks: acme.jwks })],
  audience: [rule({ issuer: acme.issuer, jwks: acme.jwks, audiences: ["shop", "bank"] })],
  places: [
    rule({
      issuer: acme.issuer,
      jwks: acme.jwks,
      headers: [{ name: "x-token", prefix: "Token " }],
      params: ["jwt"],
      cookies: ["session"],
    }),
  ],
  forwarding: [rule({ issuer: acme.issuer, jwks: acme.jwks, forward: true })],
  several: [acme, globex, pss, edwards].map(({ issuer, jwks }) => rule({ issuer, jwks })),
  keyless: [rule({ issuer: acme.issuer, jwks: acme.jwks }), rule({ issuer: keyless.issuer, jwks: "" })],
  /** What of odd key sets is let through to proxies: with one that Envoy refuses it would not start. */
  extremes: EXTREMES.map((key, i) => rule({ issuer: `${i}`, jwks: usable(key) })),
  anyIssuer: [rule({ issuer: "", jwks: acme.jwks })],
};

let envoy: TokenEnvoy;
const call: TokenEnvoy["call"] = (...request) => envoy.call(...request);

before(async () => {
  envoy = await startTokenEnvoy(listeners);
});
after(() => envoy?.stop());

describe("a token in the Authorization header", () => {
  const cases: [string, () => string | Promise<string>, number][] = [
    ["valid", () => acme.token(), 200],
    ["without an end", () => acme.token({ exp: undefined }), 200],
    ["without the name of its key", () => acme.token({}, { kid: undefined }), 200],
    ["that ended within the clocks' difference", () => acme.token({ exp: secondsFromNow(-5) }), 200],
    ["expired", () => acme.token({ exp: secondsFromNow(-3_600) }), 401],
    ["not valid yet", () => acme.token({ nbf: secondsFromNow(3_600) }), 401],
    ["of an issuer that is not known", () => acme.token({ iss: "https://evil.example.com" }), 401],
    ["without issuer", () => acme.token({ iss: undefined }), 401],
    ["signed by somebody else", () => stranger.token(), 401],
    ["signed by another issuer", () => globex.token({ iss: acme.issuer }), 401],
    ["of a key that is not known", () => acme.token({}, { kid: "another" }), 401],
    ["with alg none", () => unsigned({ alg: "none" }, { iss: acme.issuer, sub: "alice" }), 401],
    ["with alg None and a signature", () => unsigned({ alg: "None" }, { iss: acme.issuer, sub: "alice" }, "c2ln"), 401],
    ["without alg", () => unsigned({ typ: "JWT" }, { iss: acme.issuer, sub: "alice" }, "c2ln"), 401],
    ["signed with the public key as a secret, PEM", () => confused(pem()), 401],
    ["signed with the public key as a secret, modulus", () => confused(modulus()), 401],
    ["that brings its own key", () => stranger.token({}, { jwk: JSON.parse(stranger.jwks).keys[0] }), 401],
    ["that says where its key is", () => stranger.token({}, { jku: "http://127.0.0.1/keys" }), 401],
    ["with other claims than were signed", async () => tampered(await acme.token(), 1), 401],
    ["with another signature", async () => tampered(await acme.token(), 2), 401],
    ["without signature", async () => (await acme.token()).replace(/[^.]*$/, ""), 401],
    ["cut off", async () => (await acme.token()).slice(0, 40), 401],
    ["that is none", () => "hello", 401],
    ["of 40 KB that is none", () => "a.".repeat(20_000), 401],
  ];
  for (const [what, token, status] of cases) {
    test(`${what}: ${status}`, async () => {
      const answer = await call("plain", { authorization: `Bearer ${await token()}` });
      assert.equal(answer.status, status, answer.body);
      if (status === 401) assert.match(answer.headers["www-authenticate"] ?? "", /invalid_token/);
    });
  }

  test("is not needed", async () => {
    assert.equal((await call("plain", {})).status, 200);
    assert.equal((await call("plain", { authorization: "Basic YWxpY2U6c2VjcmV0" })).status, 200);
  });

  test("larger than all headers may be: 431, and Envoy lives", async () => {
    assert.equal((await call("plain", { authorization: `Bearer ${"a".repeat(70_000)}` })).status, 431);
    assert.equal((await call("plain", {})).status, 200);
  });

  test("is taken whoever issued it where the policy names no issuer, if the key is right", async () => {
    const anybody = await acme.token({ iss: "https://other.example.com" });
    assert.equal((await call("anyIssuer", { authorization: `Bearer ${anybody}` })).status, 200);
    assert.equal((await call("anyIssuer", { authorization: `Bearer ${await stranger.token()}` })).status, 401);
  });
});

test("keys at the bounds of what is let through are keys to Envoy too", async () => {
  assert.equal((await call("extremes", { authorization: "Bearer no" })).status, 401);
});

describe("audiences", () => {
  for (const [aud, status] of [
    ["shop", 200],
    [["other", "bank"], 200],
    ["other", 403],
    [[], 403],
    [undefined, 403],
    ["shopping", 403],
  ] as const) {
    test(`${JSON.stringify(aud)}: ${status}`, async () => {
      const token = await acme.token({ aud: typeof aud === "object" ? [...aud] : aud });
      assert.equal((await call("audience", { authorization: `Bearer ${token}` })).status, status);
    });
  }
});

describe("places", () => {
  test("header with prefix, parameter and cookie are looked at, others are not", async () => {
    const token = await acme.token();
    assert.equal((await call("places", { "x-token": `Token ${token}` })).status, 200);
    assert.equal((await call("places", { "x-token": "Token no" })).status, 401);
    assert.equal((await call("places", {}, `/?jwt=${token}`)).status, 200);
    assert.equal((await call("places", {}, "/?jwt=no")).status, 401);
    assert.equal((await call("places", { cookie: `a=b; session=${token}` })).status, 200);
    assert.equal((await call("places", { cookie: "session=no" })).status, 401);
    assert.equal((await call("places", { authorization: "Bearer no" })).status, 200);
    assert.equal((await call("places", {}, "/?access_token=no")).status, 200);
  });

  test("by default a token may be in the parameter access_token", async () => {
    assert.equal((await call("plain", {}, `/?access_token=${await acme.token()}`)).status, 200);
    assert.equal((await call("plain", {}, "/?access_token=no")).status, 401);
  });

  test("two tokens of one issuer must both be valid, whichever comes first", async () => {
    const token = await acme.token();
    const two = (header: string, param: string) =>
      call("plain", { authorization: `Bearer ${header}` }, `/?access_token=${param}`);
    assert.equal((await two(token, token)).status, 200);
    assert.equal((await two(token, "no")).status, 401);
    assert.equal((await two("no", token)).status, 401);
    assert.equal((await call("plain", { authorization: [`Bearer ${token}`, "Bearer no"] })).status, 401);
  });

  test("a token is taken out of header and parameter, unless it is to go on", async () => {
    const token = await acme.token();
    assert.equal((await call("plain", { authorization: `Bearer ${token}` })).seen.headers.authorization, undefined);
    assert.equal((await call("plain", {}, `/p?access_token=${token}&a=b`)).seen.path, "/p?a=b");
    const forwarded = await call("forwarding", { authorization: `Bearer ${token}` });
    assert.equal(forwarded.seen.headers.authorization, `Bearer ${token}`);
    assert.equal((await call("forwarding", {}, `/p?access_token=${token}`)).seen.path, `/p?access_token=${token}`);
  });
});

describe("several issuers", () => {
  for (const issuer of [acme, globex, pss, edwards]) {
    test(`a token of ${issuer.issuer} is taken in the place that all share`, async () => {
      assert.equal((await call("several", { authorization: `Bearer ${await issuer.token()}` })).status, 200);
    });
  }

  test("none vouches for another, and none is needed", async () => {
    const forged = await globex.token({ iss: acme.issuer });
    assert.equal((await call("several", { authorization: `Bearer ${forged}` })).status, 401);
    assert.equal((await call("several", { authorization: `Bearer ${await keyless.token()}` })).status, 401);
    assert.equal((await call("several", {})).status, 200);
  });

  test("one whose keys are not known takes no token, and the others are as they were", async () => {
    assert.equal((await call("keyless", { authorization: `Bearer ${await keyless.token()}` })).status, 401);
    const edwardian = testIssuer(keyless.issuer, "EdDSA");
    assert.equal((await call("keyless", { authorization: `Bearer ${await edwardian.token()}` })).status, 401);
    const nobodys = unsigned({ alg: "EdDSA" }, { iss: keyless.issuer }, Buffer.alloc(64).toString("base64url"));
    assert.equal((await call("keyless", { authorization: `Bearer ${nobodys}` })).status, 401);
    assert.equal((await call("keyless", { authorization: `Bearer ${await acme.token()}` })).status, 200);
    assert.equal((await call("keyless", {})).status, 200);
  });
});

function confused(secret: string | Buffer): string {
  const claims = { iss: acme.issuer, sub: "alice", exp: secondsFromNow(3_600) };
  const signed = unsigned({ alg: "HS256", kid: JSON.parse(acme.jwks).keys[0].kid }, claims).replace(/\.$/, "");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function pem(): string {
  return acme.publicKey.export({ type: "spki", format: "pem" }).toString();
}

function modulus(): Buffer {
  return Buffer.from(JSON.parse(acme.jwks).keys[0].n, "base64url");
}

/** One letter of a part is another. */
function tampered(token: string, part: number): string {
  const parts = token.split(".");
  const text = parts[part] ?? "";
  parts[part] = `${text.slice(0, 8)}${text[8] === "A" ? "B" : "A"}${text.slice(9)}`;
  return parts.join(".");
}
