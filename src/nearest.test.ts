import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("the nearest of the candidates is what was meant, the first of several that are as near", () => {
  assert.equal(nearest("reviewz", ["ratings", "review", "reviews"]), "review");
  assert.equal(nearest("VirtualServise", ["VirtualService", "Service"]), "VirtualService");
  assert.equal(nearest("htpp", ["tcp", "http"]), "http");
});

test("what is not near was not meant", () => {
  assert.equal(nearest("details", ["ratings", "productpage"]), undefined);
  assert.equal(nearest("v1", ["abc"]), undefined);
  assert.equal(nearest("x", []), undefined);
});
