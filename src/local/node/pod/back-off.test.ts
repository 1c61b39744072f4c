import assert from "node:assert/strict";
import { test } from "node:test";
import { nextRestart } from "./back-off.ts";

test("restarts wait 0, 10, 20, 40 … seconds and never more than five minutes", () => {
  const delays: number[] = [];
  for (let remembered = 0, at = 0; at < 8; at++) {
    const { delayMs, rememberMs } = nextRestart(remembered, 1000);
    delays.push(delayMs / 1000);
    remembered = rememberMs;
  }
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test("a container that ran for ten minutes starts over", () => {
  assert.deepEqual(nextRestart(300_000, 600_000), { delayMs: 0, rememberMs: 10_000 });
});
