import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Pod } from "../../../kinds/core/pod.ts";
import { PodTokens } from "./tokens.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "default", name: "reviews", uid: "u1" },
  spec: { serviceAccountName: "bookinfo-reviews", containers: [{ name: "app" }] },
};

test("a token is asked for once per audience, and again before it expires", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 0 });
  const issue = mock.fn(async (_namespace: string, account: string, spec: { audiences: string[] }) => ({
    token: `${account}/${spec.audiences.join()}/${Date.now()}`,
    expirationTimestamp: new Date(Date.now() + 1000_000).toISOString(),
  }));
  const tokens = new PodTokens(issue);
  const ask = () => tokens.token(pod, { audience: "istio-ca", expirationSeconds: 1000 });
  assert.equal(await ask(), "bookinfo-reviews/istio-ca/0");
  context.mock.timers.tick(700_000);
  assert.equal(await ask(), "bookinfo-reviews/istio-ca/0");
  await tokens.token(pod, { audience: "", expirationSeconds: 1000 });
  context.mock.timers.tick(200_000);
  assert.equal(await ask(), "bookinfo-reviews/istio-ca/900000");
  assert.equal(issue.mock.callCount(), 3);
});
