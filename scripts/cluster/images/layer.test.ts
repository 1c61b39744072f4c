import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "lateen-layers-"));
process.env.XDG_CACHE_HOME = folder;
const { forgetOldBlobs, keptLayer, layer } = await import("./layer.ts");
after(() => rmSync(folder, { recursive: true }));

function fill(root: string, names: readonly string[]): void {
  mkdirSync(join(root, "bin"));
  for (const name of names) writeFileSync(join(root, "bin", name), name);
  for (const name of names) chmodSync(join(root, "bin", name), 0o755);
}

test("the same files are the same layer, in whatever order and whenever they were written", async () => {
  const one = await layer((root) => fill(root, ["a", "b"]));
  const other = await layer((root) => fill(root, ["b", "a"]));
  assert.deepEqual(other, one);
  assert.notEqual((await layer((root) => fill(root, ["a"]))).digest, one.digest);
});

test("a layer that is kept is made once, and again when it is gone", async () => {
  let made = 0;
  const make = () =>
    keptLayer("key", (root) => {
      made++;
      fill(root, ["kept"]);
    });
  const first = await make();
  assert.deepEqual(await make(), first);
  assert.equal(made, 1);
  rmSync(first.file);
  assert.deepEqual(await make(), first);
  assert.equal(made, 2);
});

test("layers that were not used for long are forgotten, others not", async () => {
  const { file } = await layer((root) => fill(root, ["c"]));
  forgetOldBlobs();
  assert.equal(existsSync(file), true);
  forgetOldBlobs(Date.now() + 8 * 24 * 60 * 60 * 1000);
  assert.equal(existsSync(file), false);
});
