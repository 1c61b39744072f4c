import assert from "node:assert/strict";
import { test } from "node:test";
import { assign, type Claim, range } from "./pool.ts";

const pool = range("10.79.1.129", "10.79.1.131");
const claim = (key: string, address?: string, wanted?: string): Claim => ({ key, address, wanted });
const given = (...claims: Claim[]): object => Object.fromEntries(assign(claims, pool));

test("a range holds both its ends", () => {
  assert.deepEqual(pool, ["10.79.1.129", "10.79.1.130", "10.79.1.131"]);
});

test("who has an address keeps it, others get what is free", () => {
  assert.deepEqual(given(claim("a"), claim("b", "10.79.1.129")), { a: "10.79.1.130" });
});

test("an address that is not of the pool, or another's, is replaced", () => {
  assert.deepEqual(given(claim("a", "192.0.2.1")), { a: "10.79.1.129" });
  assert.deepEqual(given(claim("a", "10.79.1.129"), claim("b", "10.79.1.129")), { b: "10.79.1.130" });
});

test("who asks for an address gets that or none", () => {
  assert.deepEqual(given(claim("a", undefined, "10.79.1.131")), { a: "10.79.1.131" });
  assert.deepEqual(given(claim("a", "10.79.1.130"), claim("b", undefined, "10.79.1.130")), {});
});

test("what is more than the pool holds waits", () => {
  assert.deepEqual(given(claim("a"), claim("b"), claim("c"), claim("d")), {
    a: "10.79.1.129",
    b: "10.79.1.130",
    c: "10.79.1.131",
  });
});
