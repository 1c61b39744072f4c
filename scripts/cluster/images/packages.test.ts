import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimePackages } from "./packages.ts";

test("what the project depends on comes with what that depends on, nearest first", () => {
  const lock = {
    "": { dependencies: { a: "1", generator: "1" } },
    "node_modules/a": { dependencies: { b: "1", c: "1" } },
    "node_modules/a/node_modules/b": { dependencies: { c: "1" } },
    "node_modules/b": {},
    "node_modules/c": { dependencies: { a: "1" }, optionalDependencies: { elsewhere: "1" } },
    "node_modules/generator": { dependencies: { d: "1" } },
    "node_modules/d": {},
    "node_modules/for-tests": {},
  };
  assert.deepEqual(runtimePackages(lock, ["generator"]), [
    "node_modules/a",
    "node_modules/a/node_modules/b",
    "node_modules/c",
  ]);
});
