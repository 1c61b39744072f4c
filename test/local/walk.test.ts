/** The walk-through on one machine: `lateen demo`, and every routing step with the real kubectl. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get } from "../support/load.ts";
import { LocalWorld } from "../support/local-world.ts";
import { routingWalk } from "../support/routing-walk.ts";

describe("the walk-through on one machine", { timeout: 600_000 }, () => {
  const world = new LocalWorld();
  let printed = "";

  before(async () => {
    printed = await world.start("demo");
  });
  after(() => world.end());

  test("demo ends with the address of the page, which answers with its title", async () => {
    const url = await world.bookinfo();
    assert.match(printed, new RegExp(`${url}/productpage`));
    const page = await get(`${url}/productpage`);
    assert.equal(page.status, 200);
    assert.match(page.body, /<title>Simple Bookstore App<\/title>/);
  });

  test("kubectl shows six pods, each with its sidecar, running and ready", async () => {
    const lines = (await world.kubectl("get", "pods", "-l", "app", "--no-headers")).trim().split("\n");
    const bookinfo = lines.filter((line) => /^(productpage|details|ratings|reviews)-v/.test(line));
    assert.equal(bookinfo.length, 6, lines.join("\n"));
    for (const line of bookinfo) assert.match(line, /\s2\/2\s+Running\s/);
  });

  test("status says that every proxy is in sync", async () => {
    const { proxies, pods, pid, apiServer, kubeconfig } = await world.status();
    assert.ok(pid > 0 && apiServer.startsWith("https://127.0.0.1:") && kubeconfig.endsWith("/kubeconfig"));
    assert.ok(proxies.length >= 7, JSON.stringify(proxies));
    assert.deepEqual(
      proxies.filter(({ synced }) => !synced),
      [],
    );
    assert.ok(pods.length >= 7);
  });

  routingWalk(world);
});
