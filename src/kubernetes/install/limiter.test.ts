import assert from "node:assert/strict";
import { it } from "node:test";
import { LateenError } from "../../errors.ts";
import { manifestsOf } from "./manifests.ts";
import { readInstallation } from "./read-installation.ts";

function objects(...sets: string[]) {
  const installed = manifestsOf(readInstallation({ files: [], sets: sets.map((set) => `values.rateLimit.${set}`) }));
  return installed
    .flatMap((component) => component.objects)
    .filter(({ metadata }) => metadata.name.startsWith("lateen-ratelimit"));
}

it("the service that counts rate limits is there when it is asked for", () => {
  assert.deepEqual(objects(), []);
  const kinds = objects("enabled=true").map(({ kind }) => kind);
  assert.deepEqual(kinds.sort(), [
    "ClusterRole",
    "ClusterRoleBinding",
    "Deployment",
    "Role",
    "RoleBinding",
    "Service",
    "ServiceAccount",
  ]);
});

it("it reads what rate limits are made of, no Secrets, and writes nothing", () => {
  const rules = objects("enabled=true").flatMap(({ rules = [] }) => rules);
  const text = JSON.stringify(rules);
  assert.ok(!/secrets|create|patch|update|delete|\*/.test(text), text);
});

it("replicas need something to count in together", () => {
  const refused = (error: unknown) => error instanceof LateenError && error.code === "LTN6404";
  assert.throws(() => objects("enabled=true", "replicaCount=2"), refused);
  for (const redis of ["redis.url=redis://valkey:6379", "redis.secretName=counts"]) {
    const deployment = objects("enabled=true", "replicaCount=2", redis).find(({ kind }) => kind === "Deployment");
    assert.match(JSON.stringify(deployment), /"REDIS_URL"/);
  }
});
