import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { manifestFiles, readText } from "./manifest-files.ts";

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "lateen-files-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test("links that lead back are followed once", (t) => {
  const top = folder(t);
  mkdirSync(join(top, "a"));
  writeFileSync(join(top, "a/x.yaml"), "");
  symlinkSync("..", join(top, "a/up"));
  symlinkSync("a", join(top, "b"));
  assert.deepEqual(manifestFiles(top, true), [join(top, "a/x.yaml")]);
});

test("a file that a link leads to is read, one that is not there is told by its name", (t) => {
  const top = folder(t);
  writeFileSync(join(top, "x.txt"), "text");
  symlinkSync("x.txt", join(top, "x.yaml"));
  symlinkSync("nowhere", join(top, "y.yaml"));
  const [x = "", y = ""] = manifestFiles(top, false);
  assert.equal(readText(x), "text");
  assert.throws(() => readText(y), { code: "LTN5013", message: /y\.yaml cannot be read: ENOENT/ });
});

test("a folder without manifests is told, with what may have been meant", (t) => {
  const top = folder(t);
  mkdirSync(join(top, "deep.yaml"));
  writeFileSync(join(top, "README.md"), "");
  assert.throws(() => manifestFiles(top, false), { code: "LTN5014", remedy: /--recursive/ });
  assert.throws(() => manifestFiles(top, true), { code: "LTN5014", remedy: "Name another folder." });
});

test("a file that would fill the memory is not read", (t) => {
  const file = join(folder(t), "huge.yaml");
  writeFileSync(file, "");
  truncateSync(file, 65 * 2 ** 20);
  assert.throws(() => readText(file), { code: "LTN5013", message: /larger than 64 MiB/ });
});
