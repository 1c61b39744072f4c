import assert from "node:assert/strict";
import { it } from "node:test";
import { together } from "./account.ts";
import { disguised, startTally } from "./tally.ts";

it("counts requests and who was refused, the most refused first", () => {
  const tally = startTally(() => 0);
  for (const [who, allowed] of [
    ["a", true],
    ["a", false],
    ["b", false],
    ["b", false],
  ] as const) {
    tally.count("default/shop/all", who, 1, allowed);
  }
  const limited = [
    { who: "b", refused: 2 },
    { who: "a", refused: 1 },
  ];
  assert.deepEqual(tally.rows(), [{ rule: "default/shop/all", requests: 4, refused: 3, limited }]);
  tally.forget("default/shop/all");
  assert.deepEqual(tally.rows(), []);
});

it("who was not refused for a minute is not shown, and however many names clients make up, few are kept", () => {
  let time = 0;
  const tally = startTally(() => time);
  tally.count("r", "early", 1, false);
  time += 61_000;
  for (let i = 0; i < 10_000; i++) tally.count("r", `made up ${i}`, 1, false);
  const [row] = tally.rows();
  assert.equal(row?.refused, 10_001);
  assert.equal(row?.limited.length, 10);
  assert.ok(!row?.limited.some(({ who }) => who === "early"));
});

it("what replicas counted is one account", () => {
  const row = (requests: number, refused: number, ...limited: [string, number][]) => [
    { rule: "r", requests, refused, limited: limited.map(([who, times]) => ({ who, refused: times })) },
  ];
  const all = together([row(5, 2, ["a", 2]), row(7, 4, ["b", 3], ["a", 1]), []]);
  assert.deepEqual([...all.values()], row(12, 6, ["a", 3], ["b", 3]));
});

it("of a secret less than a quarter is shown", () => {
  assert.match(disguised("sk-live-1234567890"), /^sk-l…#[0-9a-f]{8}$/);
  assert.match(disguised("abcd"), /^a…#/);
  assert.match(disguised("abc"), /^…#/);
});
