import assert from "node:assert/strict";
import { test } from "node:test";
import { expand } from "./expand.ts";

const variables = new Map([
  ["A", "1"],
  ["EMPTY", ""],
]);

test("a known name is replaced, an unknown one stays", () => {
  assert.equal(expand("$(A)/$(B)/$(EMPTY).", variables), "1/$(B)/.");
});

test("two dollar signs are one, and protect what follows", () => {
  assert.equal(expand("$$(A) $$$(A) $A", variables), "$(A) $1 $A");
});
