import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../../store/object.ts";
import { differences } from "./drift.ts";
import { apiOf, deployment, fakeCluster, ns } from "./testing.ts";

const NAMESPACES = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };
const DEPLOYMENTS = { group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true };

/** The differences between an object as applied and as changed, as `field: found → wanted`. */
async function after(change: (container: Record<string, unknown>) => void): Promise<string[]> {
  const cluster = await fakeCluster();
  try {
    await cluster.store.create(NAMESPACES, ns("istio-system"));
    const object = deployment("istiod", "pilot:1");
    const container = { name: "main", image: "pilot:1", args: ["--a", "--b"], resources: { requests: { cpu: "0.5" } } };
    Object(object.spec).template.spec.containers = [container];
    const { store } = apiOf(cluster);
    await store.patch(
      DEPLOYMENTS,
      { namespace: "istio-system", name: "istiod" },
      { type: "apply", body: object },
      { fieldManager: "lateen-install" },
    );
    const live = structuredClone(
      await store.get<KubeObject>(DEPLOYMENTS, { namespace: "istio-system", name: "istiod" }),
    );
    change(Object(live.spec).template.spec.containers[0]);
    await store.update(DEPLOYMENTS, live, { fieldManager: "kubectl-edit" });
    const changed = await store.get<KubeObject>(DEPLOYMENTS, { namespace: "istio-system", name: "istiod" });
    const found = await differences(store, object, changed);
    return found.map(({ field, wanted, found }) => `${field}: ${JSON.stringify(found)} → ${JSON.stringify(wanted)}`);
  } finally {
    cluster.store.close();
  }
}

const CONTAINER = "spec.template.spec.containers[name=main]";

test("what nobody changed does not differ", async () => {
  assert.deepEqual(await after(() => undefined), []);
});

test("a value that was changed or removed differs by its field", async () => {
  assert.deepEqual(await after((container) => Object.assign(container, { image: "other:2" })), [
    `${CONTAINER}.image: "other:2" → "pilot:1"`,
  ]);
  assert.deepEqual(await after((container) => Object.assign(container, { resources: {} })), [
    `${CONTAINER}.resources.requests: undefined → {"cpu":"0.5"}`,
  ]);
});

test("of a list of values the items differ, and its order counts", async () => {
  assert.deepEqual(await after((container) => Object.assign(container, { args: ["--a", "--c"] })), [
    `${CONTAINER}.args[]: undefined → "--b"`,
    `${CONTAINER}.args[]: "--c" → undefined`,
  ]);
  assert.deepEqual(await after((container) => Object.assign(container, { args: ["--b", "--a"] })), [
    `${CONTAINER}.args: ["--b","--a"] → ["--a","--b"]`,
  ]);
});

test("what others add in fields of their own is no difference", async () => {
  assert.deepEqual(await after((container) => Object.assign(container, { env: [{ name: "A", value: "b" }] })), []);
});
