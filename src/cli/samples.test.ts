import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { analyze } from "../analysis/analyze.ts";
import { defaultGateways } from "../analysis/default-gateways.ts";
import { originOf } from "../analysis/messages.ts";
import { createWorld } from "../analysis/world.ts";
import { fileSources } from "./file-sources.ts";

const SAMPLES = join(import.meta.dirname, "../../samples");
const BOOKINFO = ["bookinfo/platform/kube/bookinfo.yaml", "bookinfo/platform/kube/bookinfo-versions.yaml"];

/** What analysis says of sample files together, as `IST0101 VirtualService default/reviews`. */
async function told(...files: string[]): Promise<string[]> {
  const { sources, unreadable } = await fileSources(
    files.map((file) => join(SAMPLES, file)),
    "default",
  );
  assert.deepEqual(unreadable, []);
  const { messages } = analyze(createWorld([...defaultGateways(sources), ...sources]));
  return messages.map(({ code, object, field }) => `${code} ${originOf(object)} ${field}`);
}

test("nothing is said of the applications", async () => {
  for (const file of ["bookinfo/platform/kube/bookinfo.yaml", "httpbin", "sleep", "curl", "rate-limits"]) {
    assert.deepEqual(await told(file), [], file);
  }
});

/** Details and ratings come in one version, without a database: their other subsets have no pods. */
const WITHOUT_PODS = /^IST0173 DestinationRule default\/(details|ratings) /;

const TRUE: Readonly<Record<string, string[]>> = {
  // What comes in by the gateway goes past the rule for sidecars.
  "virtual-service-all-v1.yaml": ["IST0140 VirtualService default/bookinfo spec.http[0].route[0].destination"],
  // All requests fail, so there are none for the rule after it.
  "fault-injection-details-v1.yaml": ["IST0130 VirtualService default/details spec.http[1]"],
};

test("of each step of the walk, over Bookinfo, only what is true is said", async () => {
  const rules = "bookinfo/networking/destination-rule-all.yaml";
  const gateway = "bookinfo/networking/bookinfo-gateway.yaml";
  const steps = globSync("bookinfo/networking/*.yaml", { cwd: SAMPLES }).sort();
  assert.ok(steps.length > 10);
  for (const step of steps) {
    const said = await told(...new Set([...BOOKINFO, rules, gateway, step]));
    const expected = TRUE[step.slice("bookinfo/networking/".length)] ?? [];
    assert.deepEqual(
      said.filter((line) => !WITHOUT_PODS.test(line)),
      expected,
      step,
    );
  }
});

test("the Gateway API's samples say nothing", async () => {
  for (const step of globSync("bookinfo/gateway-api/*.yaml", { cwd: SAMPLES }).sort()) {
    assert.deepEqual(await told(...BOOKINFO, step), [], step);
  }
});
