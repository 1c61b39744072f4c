import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LateenError } from "../../errors.ts";
import { ensureEnvoy } from "./ensure-envoy.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-binary-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function fakeEnvoy(name: string, version: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "envoy  version: 0a1b2c/${version}/Clean/RELEASE/BoringSSL"\n`, { mode: 0o755 });
  return path;
}

test("what --envoy names is used", async () => {
  const path = fakeEnvoy("named", "1.41.2");
  assert.equal(await ensureEnvoy({ explicit: path, env: {} }), path);
});

test("ENVOY_PATH is used when --envoy is absent", async () => {
  const path = fakeEnvoy("by-variable", "1.40.0");
  assert.equal(await ensureEnvoy({ env: { ENVOY_PATH: path } }), path);
});

test("an Envoy that is too old is refused with its version and a remedy", async () => {
  const path = fakeEnvoy("old", "1.39.4");
  await assert.rejects(ensureEnvoy({ explicit: path, env: {} }), (error: unknown) => {
    assert.ok(error instanceof LateenError);
    assert.equal(error.code, "LTN7002");
    assert.match(error.message, /Envoy 1\.39\.4/);
    assert.match(error.remedy ?? "", /1\.40/);
    return true;
  });
});

test("a path that does not exist is refused", async () => {
  await assert.rejects(ensureEnvoy({ explicit: join(folder, "none"), env: {} }), { code: "LTN7001" });
});

test("an Envoy in PATH is used before the cache, one that is too old is passed over", async () => {
  const path = fakeEnvoy("envoy", "1.40.1");
  assert.equal(await ensureEnvoy({ env: { PATH: folder } }), path);
  fakeEnvoy("envoy", "1.20.0");
  const cache = join(folder, "cache/lateen");
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "envoy-1.40.0"), "");
  const lines: string[] = [];
  const used = await ensureEnvoy({
    env: { PATH: folder, XDG_CACHE_HOME: join(folder, "cache") },
    onProgress: (line) => lines.push(line),
  });
  assert.equal(used, join(cache, "envoy-1.40.0"));
  assert.match(lines.join(), /Envoy 1\.20\.0: not used/);
});
