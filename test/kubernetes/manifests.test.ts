/** What is rendered, before a real API server: it takes every object, and what its definitions forbid it refuses. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClusterWorld } from "../support/cluster-world.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/world.ts";

const REFUSED = join(ROOT, "src/kinds/istio/testdata/refused.yaml");

describe("rendered manifests", { timeout: 600_000 }, () => {
  const world = new ClusterWorld();
  before(async () => {
    await world.bare();
    await world.kubectl("create", "namespace", "istio-system");
  });
  after(() => world.end());

  for (const [title, ...flags] of [
    ["profile default"],
    ["profile demo", "--set", "profile=demo"],
    ["another revision", "--set", "profile=minimal", "--revision", "canary", "--set", "values.pilot.autoscaleMin=2"],
    ["the walk's file", "-f", "samples/bookinfo/demo-profile-no-gateways.yaml"],
  ] as const) {
    test(`kubectl applies what manifest generate prints for ${title}`, async () => {
      const manifest = await world.lateen("manifest", "generate", ...flags);
      const { status, stdout, stderr } = await world.tryKubectl(["apply", "--dry-run=server", "-f", "-"], manifest);
      assert.equal(status, 0, stderr);
      assert.equal(stdout.trim().split("\n").length, manifest.split("\n---\n").length);
    });
  }

  test("Istio's rules hold by the definitions alone, and the samples keep them", async () => {
    await world.apply(await world.lateen("manifest", "generate", "--component", "Base"));
    await eventually(async () => {
      const { stderr } = await world.tryKubectl(["apply", "--dry-run=server", "-f", REFUSED]);
      assert.equal(stderr.match(/ is invalid: /g)?.length, 11, stderr);
    });
    await world.kubectl("apply", "--dry-run=server", "-f", "samples/bookinfo/networking");
  });
});
