import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import * as jose from "jose";
import { startTestWorld, type TestWorld } from "./testing.ts";

let world: TestWorld;
before(async () => {
  world = await startTestWorld();
  await world.ok("create sa robot");
});
after(() => world.close());

test("without a token there is health and version, and nothing else", async () => {
  assert.equal((await world.fetch("/readyz", { token: "" })).text, "ok");
  assert.equal((await world.fetch("/version", { token: "" })).status, 200);
  const refused = await world.fetch("/api/v1/namespaces", { token: "" });
  assert.equal(refused.status, 403);
  assert.equal(
    refused.json().message,
    'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
  );
  assert.equal((await world.fetch("/api/v1/namespaces", { token: "wrong" })).status, 401);
});

test("what holds secrets can be read by its owner only", () => {
  for (const file of [
    "kubeconfig",
    "pki/ca.key",
    "pki/tokens.json",
    "pki/service-account.jwk",
    "run/node.kubeconfig",
  ]) {
    assert.equal(statSync(`${world.home}/${file}`).mode & 0o077, 0, file);
  }
});

test("a service account may do what roles grant", async () => {
  const token = (await world.ok("create token robot")).trim();
  assert.match(
    (await world.kubectl(`--token=${token} get pods`)).stderr,
    /pods is forbidden: User "system:serviceaccount:default:robot"/,
  );
  await world.ok("create rolebinding look --clusterrole=view --serviceaccount=default:robot");
  assert.equal((await world.kubectl(`--token=${token} get pods`)).code, 0);
  assert.match((await world.kubectl(`--token=${token} get secrets`)).stderr, /forbidden/);
  assert.match((await world.kubectl(`--token=${token} -n istio-system get pods`)).stderr, /forbidden/);
  assert.equal((await world.kubectl(`--token=${token} auth can-i list deployments`)).stdout, "yes\n");
  assert.equal((await world.kubectl("auth can-i delete pods --as-group=x --as=y")).stdout, "no\n");
  assert.equal(await world.ok("auth can-i list pods --as=system:serviceaccount:default:robot"), "yes\n");
  assert.match(await world.ok(`--token=${token} auth whoami`), /Username\s+system:serviceaccount:default:robot/);
});

test("a token is good for its audience, its time, and while its account and pod live", async () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "holder" },
    spec: { serviceAccountName: "robot", containers: [{ name: "a", image: "b:1" }] },
  };
  await world.ok("create -f -", pod);
  const token = (
    await world.ok(
      "create token robot --audience=istio-ca --duration=20m --bound-object-kind=Pod --bound-object-name=holder",
    )
  ).trim();
  const claims = jose.decodeJwt(token);
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 1200);
  const review = async (
    audience: string,
  ): Promise<{ authenticated?: boolean; user: { username?: string; extra?: object }; audiences?: string[] }> => {
    const body = JSON.stringify({ spec: { token, audiences: [audience] } });
    const headers = { "content-type": "application/json" };
    return (await world.fetch("/apis/authentication.k8s.io/v1/tokenreviews", { method: "POST", headers, body })).json()
      .status;
  };
  const good = await review("istio-ca");
  assert.equal(good.authenticated, true);
  assert.equal(good.user.username, "system:serviceaccount:default:robot");
  assert.deepEqual(good.audiences, ["istio-ca"]);
  assert.deepEqual(Object.values(good.user.extra ?? {})[1], ["holder"]);
  assert.equal((await review("https://kubernetes.default.svc.cluster.local")).authenticated, undefined);
  // It is not for this API.
  assert.equal((await world.fetch("/api/v1/pods", { token })).status, 401);
  await world.ok("delete pod holder");
  assert.equal((await review("istio-ca")).authenticated, undefined);
  assert.equal(await world.server.reviewToken(token, ["istio-ca"]), undefined);
});

test("tokens can be checked by others with the published keys", async () => {
  const token = (await world.ok("create token robot")).trim();
  const discovery = (await world.fetch("/.well-known/openid-configuration", { token: "" })).json();
  const keys = jose.createLocalJWKSet((await world.fetch("/openid/v1/jwks", { token: "" })).json());
  const { payload } = await jose.jwtVerify(token, keys, { issuer: discovery.issuer });
  assert.equal(payload.sub, "system:serviceaccount:default:robot");
});

test("a token shorter than ten minutes is refused", async () => {
  const { stderr } = await world.kubectl("create token robot --duration=5m");
  assert.match(stderr, /may not specify a duration less than 10 minutes/);
});
