import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "../object.ts";
import type { Patch } from "../store.ts";
import { at, configMaps, openStore, pod, pods, type Thing, thing, things } from "./testing.ts";

test("every kind of patch passes through defaults, validation and the version check", async () => {
  const store = await openStore();
  const created = await store.create(things, thing("a", { size: 3 }));
  const merged = await store.patch<Thing>(things, at("a"), { type: "merge", body: { spec: { size: null } } });
  assert.deepEqual(merged.spec, { size: 1 });
  const json: Patch = { type: "json", body: [{ op: "replace", path: "/spec/size", value: 5 }] };
  assert.deepEqual((await store.patch<Thing>(things, at("a"), json)).spec, { size: 5 });
  await assert.rejects(store.patch(things, at("a"), { type: "merge", body: { spec: { size: "x" } } }), {
    reason: "Invalid",
  });
  const { resourceVersion } = created.metadata;
  await assert.rejects(store.patch(things, at("a"), { type: "merge", body: { metadata: { resourceVersion } } }), {
    reason: "Conflict",
  });
  await assert.rejects(store.patch(things, at("none"), { type: "merge", body: {} }), { reason: "NotFound" });
});

test("a patch cannot rename an object or change what is the store's", async () => {
  const store = await openStore();
  const { metadata } = await store.create(things, thing("a"));
  const body = { metadata: { name: "b", uid: null, creationTimestamp: null, generation: 9 }, kind: "Other" };
  const patched = await store.patch<Thing>(things, at("a"), { type: "merge", body });
  assert.deepEqual(patched.metadata, metadata);
});

test("a strategic patch merges containers, a patch of the status leaves the rest", async () => {
  const store = await openStore();
  await store.create(pods, pod("p", { containers: [{ name: "a", image: "1" }] }));
  const body = { spec: { containers: [{ name: "b", image: "2" }] } };
  const patched = await store.patch<KubeObject>(pods, at("p"), { type: "strategic", body });
  assert.deepEqual(patched.spec, {
    containers: [
      { name: "b", image: "2" },
      { name: "a", image: "1" },
    ],
  });
  const conditions = [{ type: "Ready", status: "True" }];
  const status: Patch = { type: "strategic", body: { spec: { x: 1 }, status: { conditions } } };
  const reported = await store.patch<KubeObject>(pods, at("p"), status, { subresource: "status" });
  assert.deepEqual([reported.spec, reported.status], [patched.spec, { conditions }]);
});

test("server-side apply creates, changes, conflicts and takes back", async () => {
  const store = await openStore();
  const apply = (spec: object, fieldManager: string, force = false): Promise<Thing> =>
    store.patch<Thing>(things, at("a"), { type: "apply", body: { spec } }, { fieldManager, force });
  const created = await apply({ size: 3, ports: [{ port: 80 }] }, "me");
  assert.equal(created.metadata.generation, 1);
  assert.equal(
    (await apply({ size: 3, ports: [{ port: 80 }] }, "me")).metadata.resourceVersion,
    created.metadata.resourceVersion,
  );
  await assert.rejects(apply({ size: 4 }, "you"), {
    reason: "Conflict",
    message: 'Apply failed with 1 conflict: conflict with "me": .spec.size',
  });
  assert.deepEqual((await apply({ size: 4 }, "you", true)).spec, { size: 4, ports: [{ port: 80 }] });
  assert.deepEqual((await apply({}, "me")).spec, { size: 4 });
  await assert.rejects(store.patch(things, at("a"), { type: "apply", body: {} }), { reason: "BadRequest" });
  const stale = { type: "apply", body: { metadata: { resourceVersion: "1" } } } as const;
  await assert.rejects(store.patch(things, at("a"), stale, { fieldManager: "me" }), { reason: "Conflict" });
  await assert.rejects(store.patch(things, at("new"), stale, { fieldManager: "me" }), { reason: "Conflict" });
});

test("who applies and who updates the status do not get in each other's way", async () => {
  const store = await openStore();
  const apply = (size: number) =>
    store.patch<Thing>(
      things,
      at("a"),
      { type: "apply", body: { ...thing("a", { size }), status: { ready: false } } },
      { fieldManager: "me" },
    );
  await apply(2);
  await store.update(things, { ...thing("a"), status: { ready: true } }, { subresource: "status", fieldManager: "me" });
  const live = await apply(3);
  assert.deepEqual([live.spec, live.status], [{ size: 3 }, { ready: true }]);
  const managers = (live.metadata.managedFields ?? []).map((entry) => [
    Reflect.get(Object(entry), "operation"),
    Reflect.get(Object(entry), "subresource"),
  ]);
  assert.deepEqual(managers, [
    ["Apply", undefined],
    ["Update", "status"],
  ]);
});

test("a scale reads and writes the replicas of any kind that has them", async () => {
  const store = await openStore();
  await store.create(things, thing("a", { replicas: 2, selector: { matchLabels: { app: "a" } } }));
  const body = { spec: { replicas: 5 } };
  const scale = await store.patch<KubeObject>(things, at("a"), { type: "merge", body }, { subresource: "scale" });
  assert.deepEqual(
    [scale.kind, scale.spec, scale.status],
    ["Scale", { replicas: 5 }, { replicas: 0, selector: "app=a" }],
  );
  const { metadata } = scale;
  await store.update<KubeObject>(things, { ...scale, spec: { replicas: 1 } }, { subresource: "scale" });
  await assert.rejects(
    store.update<KubeObject>(things, { ...scale, metadata, spec: { replicas: 7 } }, { subresource: "scale" }),
    { reason: "Conflict" },
  );
  assert.equal((await store.get<KubeObject & { spec: { replicas: number } }>(things, at("a"))).spec.replicas, 1);
});

test("concurrent patches of different fields are all kept", async () => {
  const store = await openStore({ admission: [{ admit: async (_, __, object) => object }] });
  await store.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: at("c") });
  const keys = ["a", "b", "c", "d", "e"];
  await Promise.all(
    keys.map((key) => store.patch(configMaps, at("c"), { type: "merge", body: { data: { [key]: "1" } } })),
  );
  const { data } = await store.get<KubeObject>(configMaps, at("c"));
  assert.deepEqual(Object.keys(Object(data)).sort(), keys);
});

test("a client-side apply by strategic patch and a server-side one lead to the same object", async () => {
  const containers = fc.uniqueArray(
    fc.record({ name: fc.constantFrom("a", "b", "c"), image: fc.constantFrom("1", "2") }, { noNullPrototype: true }),
    { selector: (container) => container.name, minLength: 1 },
  );
  await fc.assert(
    fc.asyncProperty(containers, containers, async (first, second) => {
      const store = await openStore();
      for (const [name, list] of [
        ["ssa", first],
        ["ssa", second],
      ] as const) {
        await store.patch(
          pods,
          at(name),
          { type: "apply", body: { spec: { containers: list } } },
          { fieldManager: "me" },
        );
      }
      await store.create(pods, pod("csa", { containers: first }));
      const gone = first.filter(({ name }) => !second.some((other) => other.name === name));
      const deletions = gone.map(({ name }) => ({ name, $patch: "delete" }));
      const order = second.map(({ name }) => ({ name }));
      const body = { spec: { "$setElementOrder/containers": order, containers: [...second, ...deletions] } };
      await store.patch(pods, at("csa"), { type: "strategic", body });
      const specs = await Promise.all(["ssa", "csa"].map((name) => store.get<KubeObject>(pods, at(name))));
      assert.deepEqual(specs[0]?.spec, { containers: second });
      assert.deepEqual(specs[1]?.spec, { containers: second });
      store.close();
    }),
    { numRuns: 30 },
  );
});
