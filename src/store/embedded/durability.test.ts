import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EmbeddedStore } from "./embedded-store.ts";
import { kinds, openStore, thing, things } from "./testing.ts";

function databaseFile(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "lateen-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, "db");
}

test("no acknowledged write is lost when the process is killed in the midst of writing", async (t) => {
  for (const acknowledgements of [40, 111]) {
    const path = databaseFile(t);
    const writer = fileURLToPath(new URL("testing-writer.ts", import.meta.url));
    const child = spawn(process.execPath, [writer, path], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      if (printed.split("\n").length > acknowledgements) child.kill("SIGKILL");
    });
    await once(child, "close");
    assert.equal(child.signalCode, "SIGKILL");
    const acknowledged = printed.split("\n").slice(0, -1);
    assert.ok(acknowledged.length >= acknowledgements);
    const store = new EmbeddedStore({ path, kinds });
    const { items, resourceVersion } = await store.list(things);
    const names = new Set(items.map((object) => object.metadata.name));
    for (const name of acknowledged) assert.ok(names.has(name), `${name} was acknowledged and is lost`);
    const versions = items.map((object) => Number(object.metadata.resourceVersion));
    assert.equal(new Set(versions).size, versions.length);
    assert.ok(Math.max(...versions) <= Number(resourceVersion));
    store.close();
  }
});

test("writes of one turn share a commit", async (t) => {
  const store = await openStore({ path: databaseFile(t) });
  await store.create(things, thing("warm"));
  const started = performance.now();
  await Promise.all(Array.from({ length: 500 }, (_, i) => store.create(things, thing(`t${i}`))));
  const each = (performance.now() - started) / 500;
  store.close();
  // Alone each would wait for the disk; the bound is loose for busy machines.
  assert.ok(each < 5, `${each} ms each`);
});
