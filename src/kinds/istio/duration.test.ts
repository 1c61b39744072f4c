import assert from "node:assert/strict";
import { it } from "node:test";
import { durationMs } from "./duration.ts";

it("durations are Go's", () => {
  const cases: [string, number | undefined][] = [
    ["1s", 1000],
    ["1.5s", 1500],
    ["1h30m", 5_400_000],
    ["300ms", 300],
    ["0", 0],
    ["-2s", -2000],
    ["5", undefined],
    ["", undefined],
    ["1s x", undefined],
    ["1d", undefined],
  ];
  for (const [text, ms] of cases) assert.equal(durationMs(text), ms, text);
});
