import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { analyzers } from "./analyzers/all.ts";
import { MESSAGES } from "./messages.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/analysis.md"), "utf8");

test("docs/analysis.md has a line for each message, with its name and level, in the order of the codes", () => {
  const rows = [...page.matchAll(/^\| (IST\d{4}) \| (\w+) \| (Error|Warning|Info) \|/gm)].map((row) => row.slice(1));
  const messages = Object.entries(MESSAGES).map(([name, { code, level }]) => [code, name, level]);
  assert.deepEqual(rows, messages);
});

test("no code has two names", () => {
  const codes = Object.values(MESSAGES).map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
});

test("no two analyzers have one name", () => {
  const names = analyzers.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});
