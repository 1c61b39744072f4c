/** What filters note of a request, which access logs and later filters read: also what policies that are only tried say. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorizationFor } from "./differential.ts";
import { type Proxied, startProxied } from "./proxied.ts";
import type { PolicyCase } from "./tables.ts";

const path = (value: string) => ({ to: [{ operation: { paths: [value] } }] });

/** An ALLOW policy lets pass what a policy that is only tried has denied. */
const noted = (key: string, value: string): PolicyCase => ({
  rules: [{ when: [{ key: `experimental.envoy.filters.http.rbac[${key}]`, values: [value] }] }],
});

const TRIED: PolicyCase = { name: "tried", dryRun: true, action: "DENY", rules: [path("/tried")] };

const WORKLOADS: PolicyCase[][] = [
  [TRIED, noted("istio_dry_run_deny_shadow_engine_result", "denied")],
  [TRIED, noted("istio_dry_run_deny_shadow_effective_policy_id", "ns[default]-policy[tried]*")],
  [TRIED, noted("istio_dry_run_deny_shadow_engine_result", "allowed")],
];

let proxied: Proxied;

before(async () => {
  const all = WORKLOADS.map((policies, i) => authorizationFor({ name: String(i), policies, calls: [] }, ""));
  const [first] = all;
  assert.ok(first);
  proxied = await startProxied(
    all.map(({ authorization }) => authorization),
    { settings: first.settings },
  );
});

after(() => proxied?.stop());

const status = async (workload: number, to: string): Promise<number> =>
  (await proxied.call(workload, { path: to })).status;

test("the result of policies that are only tried stands in the request's metadata, with the rule", async () => {
  assert.deepEqual([await status(0, "/tried"), await status(0, "/other")], [200, 403]);
  assert.deepEqual([await status(1, "/tried"), await status(1, "/other")], [200, 403]);
  assert.deepEqual([await status(2, "/tried"), await status(2, "/other")], [403, 200]);
});
