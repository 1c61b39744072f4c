import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { readKeySet } from "./key-set.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-384" });
const edwards = generateKeyPairSync("ed25519");

const read = (...keys: object[]) => readKeySet(JSON.stringify({ keys }));

test("public keys are cut down to what verifying needs", () => {
  const keys = [rsa, ec, edwards].map(({ publicKey }) => publicKey.export({ format: "jwk" }));
  const set = read(
    { ...keys[0], kid: "a", alg: "RS256", use: "sig", x5c: ["…"], more: 1 },
    { ...keys[1], kid: "b" },
    { ...keys[2], alg: "EdDSA" },
  );
  assert.ok("jwks" in set);
  assert.deepEqual(JSON.parse(set.jwks).keys, [
    { ...keys[0], kid: "a", alg: "RS256" },
    { ...keys[1], kid: "b" },
    { ...keys[2], alg: "EdDSA" },
  ]);
  assert.deepEqual([set.size, set.notes], [3, []]);
});

test("of a private key only the public part goes on, and it is said", () => {
  for (const { privateKey, publicKey } of [rsa, ec, edwards]) {
    const set = read(privateKey.export({ format: "jwk" }));
    assert.ok("jwks" in set);
    assert.deepEqual(JSON.parse(set.jwks).keys, [publicKey.export({ format: "jwk" })]);
    assert.match(set.notes.join(), /keys\[0\]: it is a private key/);
  }
});

test("keys that verify no token are left out, and it is said", () => {
  const key = rsa.publicKey.export({ format: "jwk" });
  const secp256k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({ format: "jwk" });
  const x25519 = generateKeyPairSync("x25519").publicKey.export({ format: "jwk" });
  const unused = [
    { ...key, use: "enc" },
    { ...key, alg: "RSA-OAEP" },
    { ...key, alg: "HS256" },
    { ...key, alg: "none" },
    { ...ec.publicKey.export({ format: "jwk" }), alg: "ES256" },
    secp256k1,
    x25519,
    { kty: "EC", crv: "P-256", x: "AA", y: "AA" },
    { kty: "odd" },
    {},
  ];
  const set = read(...unused);
  assert.ok("jwks" in set);
  assert.deepEqual([set.jwks, set.size, set.notes.length], ['{"keys":[]}', 0, unused.length]);
});

test("a shared secret refuses the whole set", () => {
  const set = read(rsa.publicKey.export({ format: "jwk" }), { kty: "oct", k: "c2VjcmV0" });
  assert.match("fault" in set ? set.fault : "", /keys\[1\] is a shared secret/);
});

test("what is no set, or far too large, is refused", () => {
  for (const text of ["", "hello", "[]", "{}", '{"keys":{}}', '{"keys":[1]}', '{"keys":["a"]}', "null"]) {
    assert.ok("fault" in readKeySet(text), text);
  }
  assert.ok("fault" in read(...Array.from({ length: 101 }, () => ({}))));
});
