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
  assert.deepEqual(
    new Set(JSON.parse(set.jwks).keys),
    new Set([
      { ...keys[0], kid: "a", alg: "RS256" },
      { ...keys[1], kid: "b" },
      { ...keys[2], alg: "EdDSA" },
    ]),
  );
  assert.deepEqual([set.size, set.notes], [3, []]);
});

test("the order in which an issuer gives its keys makes no difference", () => {
  const keys = [rsa, ec, edwards].map(({ publicKey }) => publicKey.export({ format: "jwk" }));
  assert.deepEqual(read(...keys), read(...keys.toReversed()));
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

const rsaKey = (bits: number, exponent = 65537n, last = 1n) => ({
  kty: "RSA",
  n: base64(2n ** BigInt(bits - 1) + last),
  e: base64(exponent),
});

for (const [what, key, usual] of [
  ["of 2048 bits", rsaKey(2048), true],
  ["of 8192 bits", rsaKey(8192), true],
  ["with exponent 3", rsaKey(2048, 3n), true],
  ["of 2047 bits", rsaKey(2047), false],
  ["of 17 bits", { kty: "RSA", n: "AQAB", e: "AQAB" }, false],
  ["of 8193 bits", rsaKey(8193), false],
  ["with exponent 1, which signs nothing", rsaKey(2048, 1n), false],
  ["with an even exponent", rsaKey(2048, 2n), false],
  ["with a huge exponent", rsaKey(2048, 2n ** 32n + 1n), false],
  ["with an even modulus", rsaKey(2048, 65537n, 2n), false],
] as const) {
  test(`an RSA key ${what} is ${usual ? "used" : "left out"}`, () => {
    const set = read(key);
    assert.ok("size" in set);
    assert.equal(set.size, usual ? 1 : 0);
  });
}

function base64(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64url");
}

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
