import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { KeySetSource } from "../../mesh/security/request-authentication.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { serve, testNetwork } from "./testing.ts";

const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }), kid: "one" };
const KEYS = JSON.stringify({ keys: [key] });

const uri = (url: string): KeySetSource => ({ from: "Uri", url, timeoutMs: 20_000 });
const issuer = (url: string): KeySetSource => ({ from: "Issuer", url, timeoutMs: 20_000 });

test("the keys of a URI are given as they are needed to verify tokens", async (t) => {
  const port = await serve(t, (_request, response) => response.end(JSON.stringify({ keys: [{ ...key, x5t: "no" }] })));
  const jwks = await fetchKeySet(uri("http://keys.example.com/"), testNetwork(port).options);
  assert.deepEqual(JSON.parse(jwks), { keys: [key] });
});

for (const [what, answer] of [
  ["a page", "<html>"],
  ["no set", "[]"],
  ["an empty set", '{"keys":[]}'],
  ["a shared secret", JSON.stringify({ keys: [key, { kty: "oct", k: "c2VjcmV0" }] })],
  ["a key for encryption only", JSON.stringify({ keys: [{ ...key, use: "enc" }] })],
  ["more keys than any issuer has", JSON.stringify({ keys: Array.from({ length: 101 }, () => key) })],
] as const) {
  test(`${what} is refused`, async (t) => {
    const port = await serve(t, (_request, response) => response.end(answer));
    await assert.rejects(fetchKeySet(uri("http://keys.example.com/"), testNetwork(port).options), { code: "LTN6205" });
  });
}

test("without a URI the issuer says where its keys are", async (t) => {
  const port = await serve(t, ({ url }, response) =>
    response.end(
      url === "/realm/.well-known/openid-configuration"
        ? JSON.stringify({ issuer: "http://issuer.example.com/realm", jwks_uri: "http://keys.example.com/certs" })
        : KEYS,
    ),
  );
  const { options, resolved } = testNetwork(port);
  assert.equal(await fetchKeySet(issuer("http://issuer.example.com/realm/"), options), KEYS);
  assert.deepEqual(resolved, ["issuer.example.com", "keys.example.com"]);
});

for (const [what, document, code] of [
  ["is about another issuer", { issuer: "http://evil.example.com", jwks_uri: "http://keys.example.com/" }, "LTN6206"],
  ["names no URI", { issuer: "http://issuer.example.com" }, "LTN6206"],
  ["leads to loopback", { issuer: "http://issuer.example.com", jwks_uri: "http://127.0.0.1/" }, "LTN6203"],
  ["leads to a file", { issuer: "http://issuer.example.com", jwks_uri: "file:///etc/passwd" }, "LTN6201"],
] as const) {
  test(`a discovery document that ${what} is refused`, async (t) => {
    const port = await serve(t, (_request, response) => response.end(JSON.stringify(document)));
    const { options, connected } = testNetwork(port);
    await assert.rejects(fetchKeySet(issuer("http://issuer.example.com"), options), { code });
    assert.equal(connected.length, 1);
  });
}

test("an issuer that is no URL has no keys to be found", async () => {
  await assert.rejects(fetchKeySet(issuer("accounts@example.com"), testNetwork(1).options), { code: "LTN6201" });
});
