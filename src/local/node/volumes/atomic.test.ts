import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeVolume } from "./atomic.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-volume-"));
after(() => rmSync(folder, { recursive: true }));

const files = (content: Record<string, string>) =>
  new Map(Object.entries(content).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o644 }]));
const visible = () =>
  readdirSync(folder)
    .filter((name) => !name.startsWith(".."))
    .sort();

test("files are replaced together, and what is no longer there goes", () => {
  assert.equal(writeVolume(folder, files({ a: "1", "sub/b": "2" })), true);
  assert.deepEqual(visible(), ["a", "sub"]);
  assert.equal(readFileSync(join(folder, "sub/b"), "utf8"), "2");
  assert.equal(writeVolume(folder, files({ a: "3", c: "4" })), true);
  assert.deepEqual(visible(), ["a", "c"]);
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "3");
  assert.equal(readdirSync(folder).filter((name) => name.startsWith("..2")).length, 1);
});

test("nothing is touched when nothing changed", () => {
  writeVolume(folder, files({ a: "5" }));
  assert.equal(writeVolume(folder, files({ a: "5" })), false);
});
