import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tailOffset } from "../serve/logs.ts";
import { followLog, readNotes, timeAt } from "./log-index.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-log-"));
after(() => rmSync(folder, { recursive: true }));

test("what is written later has a later time", async () => {
  const file = join(folder, "0.log");
  const log = followLog(file);
  appendFileSync(file, "first\n");
  await sleep(150);
  appendFileSync(file, "second\n");
  log.stop();
  const notes = readNotes(file);
  assert.ok(timeAt(notes, 0, 0) > 0);
  assert.ok(timeAt(notes, 6, 0) - timeAt(notes, 0, 0) >= 50);
  assert.equal(timeAt(notes, 13, 42), 42, "beyond the last note the time is unknown");
});

test("the last lines are found from the end", () => {
  const file = join(folder, "tail.log");
  const text = Array.from({ length: 20_000 }, (_, at) => `line ${at}`).join("\n");
  writeFileSync(file, `${text}\n`);
  const from = (lines: number) => `${text}\n`.slice(tailOffset(file, lines));
  assert.equal(from(2), "line 19998\nline 19999\n");
  assert.equal(from(0), "");
  assert.equal(from(30_000).length, text.length + 1);
  writeFileSync(file, "a\nb");
  assert.equal(tailOffset(file, 1), 2);
});
