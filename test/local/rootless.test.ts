/** The demo for a user who may do nothing on this machine: pods, sidecars and gateways in a user namespace. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { ensureEnvoy } from "../../src/envoy/binary/ensure-envoy.ts";
import { eventuallyOnly } from "../support/bookinfo.ts";
import { get } from "../support/load.ts";
import { LocalWorld } from "../support/local-world.ts";
import { LATEEN } from "../support/world.ts";

const NOBODY = 65534;
const readable = spawnSync("setpriv", [`--reuid=${NOBODY}`, "--clear-groups", "test", "-r", LATEEN]).status === 0;
const cannot =
  process.getuid?.() !== 0
    ? "only root can become another user"
    : readable
      ? false
      : "another user cannot read this folder";

describe("rootless", { timeout: 120_000, skip: cannot }, () => {
  const world = new LocalWorld(NOBODY);
  let url = "";

  before(async () => {
    await ensureEnvoy({ onProgress: (line) => console.log(line) });
    await world.start("demo");
    url = await world.bookinfo();
  });
  after(() => world.end());

  test("Bookinfo's pods run with sidecars as an ordinary user, and the gateway serves the page", async () => {
    const { pods, proxies, pid } = await world.status();
    const bookinfo = pods.filter(({ name }) => /^(productpage|details|ratings|reviews)-v/.test(name));
    assert.deepEqual(
      bookinfo.map(({ ready }) => ready),
      Array(6).fill("2/2"),
    );
    assert.deepEqual(
      proxies.filter(({ synced }) => !synced),
      [],
    );
    assert.match(spawnSync("ps", ["-o", "uid=", "-p", String(pid)], { encoding: "utf8" }).stdout, /65534/);
    assert.match((await get(`${url}/productpage`)).body, /<title>Simple Bookstore App<\/title>/);
  });

  test("routes take effect in its sidecars", async () => {
    await eventuallyOnly(url, ["v1", "v2", "v3"]);
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/destination-rule-all.yaml");
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
    await eventuallyOnly(url, ["v3"]);
  });

  test("down leaves none of its processes", async () => {
    await world.lateen("down");
    assert.deepEqual(world.processes(), []);
  });
});
