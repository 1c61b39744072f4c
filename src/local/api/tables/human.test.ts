import assert from "node:assert/strict";
import { test } from "node:test";
import { firstFew, humanDuration, selectorText } from "./human.ts";
import { findAll, parseJsonPath } from "./json-path.ts";

test("durations have two units at most", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [200, "3m20s"],
    [3600, "60m"],
    [4 * 3600 + 60, "4h1m"],
    [20 * 3600, "20h"],
    [50 * 3600, "2d2h"],
    [100 * 86400, "100d"],
    [800 * 86400, "2y70d"],
    [-5, "<invalid>"],
  ];
  for (const [seconds, text] of cases) assert.equal(humanDuration(seconds), text);
});

test("many are shown as a few and a number", () => {
  assert.equal(firstFew(["a", "b", "c", "d"], 3), "a,b,c + 1 more...");
  assert.equal(firstFew([], 3), "<none>");
});

test("selectors read as kubectl writes them", () => {
  const matchExpressions = [
    { key: "v", operator: "In", values: ["2", "1"] },
    { key: "x", operator: "DoesNotExist" },
  ];
  assert.equal(selectorText({ matchLabels: { app: "a" }, matchExpressions }), "!x,app=a,v in (1,2)");
});

test("columns find what they point at", () => {
  const object = {
    status: {
      conditions: [
        { type: "A", status: "x" },
        { type: "Ready", status: "True" },
      ],
    },
    spec: { "a.b": ["c"] },
  };
  const find = (path: string): unknown[] => findAll(parseJsonPath(path), object);
  assert.deepEqual(find('.status.conditions[?(@.type=="Ready")].status'), ["True"]);
  assert.deepEqual(find(".status.conditions[*].type"), ["A", "Ready"]);
  assert.deepEqual(find(".spec.a\\.b[0]"), ["c"]);
  assert.deepEqual(find(".spec['a.b'][0]"), ["c"]);
  assert.deepEqual(find(".spec.none.of.this"), []);
});
