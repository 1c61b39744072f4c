/**
 * Golden pairs: `testdata/CONCERN/NAME.in.json`, which the mesh gives us, and `NAME.out.json`, which Envoy gets.
 * UPDATE_GOLDEN=1 rewrites the latter; read the difference before committing it.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonValue } from "@bufbuild/protobuf";

export const TESTDATA = join(import.meta.dirname, "../testdata");

/** A test for each pair of a concern. */
export function goldenTests(concern: string, translate: (input: string) => JsonValue): void {
  for (const name of goldenNames(concern)) {
    test(`${concern}: ${name.replaceAll("-", " ")} become what the golden file says`, () => {
      const file = join(TESTDATA, concern, `${name}.out.json`);
      const actual = `${JSON.stringify(translate(readFileSync(join(TESTDATA, concern, `${name}.in.json`), "utf8")), undefined, 2)}\n`;
      if (process.env.UPDATE_GOLDEN) writeFileSync(file, actual);
      assert.deepEqual(JSON.parse(actual), JSON.parse(readFileSync(file, "utf8")));
    });
  }
}

export function goldenNames(concern: string): string[] {
  return readdirSync(join(TESTDATA, concern))
    .filter((file) => file.endsWith(".in.json"))
    .map((file) => file.slice(0, -".in.json".length))
    .sort();
}
