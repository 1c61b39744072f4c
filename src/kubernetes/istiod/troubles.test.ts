import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutRepetition } from "./troubles.ts";

test("the same warning is said once a minute, another one at once", () => {
  const lines: string[] = [];
  let time = 0;
  const log = withoutRepetition(
    { info: () => {}, error: () => {}, warn: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`) },
    () => time,
  );
  log.warn({ error: "away" }, "watching");
  log.warn({ error: "away" }, "watching");
  log.warn({ error: "forbidden" }, "watching");
  time = 59_999;
  log.warn({ error: "away" }, "watching");
  assert.equal(lines.length, 2);
  time = 60_000;
  log.warn({ error: "away" }, "watching");
  assert.equal(lines.length, 3);
});
