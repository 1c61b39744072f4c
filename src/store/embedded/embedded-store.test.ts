import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { KubeObject } from "../object.ts";
import { EmbeddedStore } from "./embedded-store.ts";
import { at, configMaps, kinds, namespaces, openStore, pods, thing, things } from "./testing.ts";

const refused = (reason: string, message: string) => ({ name: "StoreError", reason, message });

test("a created object has a uid, a version, a time and generation 1", async () => {
  const store = await openStore({ now: () => new Date("2026-01-02T03:04:05.678Z") });
  const { metadata } = await store.create(things, thing("a", { size: 3 }));
  assert.match(metadata.uid ?? "", /^[0-9a-f-]{36}$/);
  assert.match(metadata.resourceVersion ?? "", /^\d+$/);
  assert.equal(metadata.creationTimestamp, "2026-01-02T03:04:05Z");
  assert.equal(metadata.generation, 1);
  assert.deepEqual(await store.get(things, at("a")), (await store.list(things)).items[0]);
});

test("refusals have Kubernetes' words", async () => {
  const store = await openStore();
  const created = await store.create(things, thing("a"));
  await assert.rejects(store.get(pods, at("x")), refused("NotFound", 'pods "x" not found'));
  await assert.rejects(store.get(things, at("x")), refused("NotFound", 'things.test.lateen.dev "x" not found'));
  await assert.rejects(
    store.create(things, thing("a")),
    refused("AlreadyExists", 'things.test.lateen.dev "a" already exists'),
  );
  await assert.rejects(
    store.create(things, thing("a", {}, { namespace: "nowhere" })),
    refused("NotFound", 'namespaces "nowhere" not found'),
  );
  await store.update(things, thing("a", { size: 5 }));
  await assert.rejects(
    store.update(things, created),
    refused(
      "Conflict",
      'Operation cannot be fulfilled on things.test.lateen.dev "a": the object has been modified; please apply your changes to the latest version and try again',
    ),
  );
});

test("a change of the spec counts the generation; one of labels does not; none leaves the version", async () => {
  const store = await openStore();
  const first = await store.create(things, thing("a", { size: 3 }));
  const labelled = await store.update(things, thing("a", { size: 3 }, { labels: { a: "b" } }));
  assert.equal(labelled.metadata.generation, 1);
  assert.notEqual(labelled.metadata.resourceVersion, first.metadata.resourceVersion);
  const same = await store.update(things, thing("a", { size: 3 }, { labels: { a: "b" } }));
  assert.equal(same.metadata.resourceVersion, labelled.metadata.resourceVersion);
  const grown = await store.update(things, thing("a", { size: 4 }));
  assert.equal(grown.metadata.generation, 2);
  assert.equal(grown.metadata.uid, first.metadata.uid);
});

test("the status is written only through its subresource, and nothing else is", async () => {
  const store = await openStore();
  const created = await store.create(things, { ...thing("a", { size: 3 }), status: { ready: true } });
  assert.equal(created.status, undefined);
  const input: KubeObject = { ...thing("a", { size: 9 }), status: { ready: true } };
  const updated = await store.update(things, input, { subresource: "status" });
  assert.deepEqual(updated.status, { ready: true });
  assert.deepEqual(updated.spec, { size: 3 });
  assert.equal(updated.metadata.generation, 1);
  const again = await store.update<KubeObject>(things, { ...thing("a", { size: 9 }), status: { ready: false } });
  assert.deepEqual([again.status, again.spec], [{ ready: true }, { size: 9 }]);
});

test("generateName makes a name that is free", async () => {
  const store = await openStore();
  const make = () => store.create(things, thing("", {}, { generateName: "web-" }));
  const names = await Promise.all(Array.from({ length: 20 }, make));
  assert.equal(new Set(names.map((object) => object.metadata.name)).size, 20);
  assert.match(names[0]?.metadata.name ?? "", /^web-[a-z0-9]{5}$/);
});

test("another version of a kind shows the same object under its own apiVersion", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  const beta = { ...things, version: "v1beta1" };
  assert.equal((await store.get(beta, at("a"))).apiVersion, "test.lateen.dev/v1beta1");
  await store.update(beta, { ...thing("a", { size: 2 }), apiVersion: "test.lateen.dev/v1beta1" });
  assert.equal((await store.get(things, at("a"))).apiVersion, "test.lateen.dev/v1");
});

test("concurrent writers that do not say which version they saw all get through", async () => {
  const store = await openStore();
  await store.create(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "default", name: "c" },
  });
  const writes = Array.from({ length: 10 }, (_, i) =>
    store.update<KubeObject>(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name: "c" },
      data: { i: String(i) },
    }),
  );
  const versions = (await Promise.all(writes)).map((object) => Number(object.metadata.resourceVersion));
  assert.deepEqual(
    versions,
    [...versions].sort((a, b) => a - b),
  );
});

test("objects and versions outlive the process", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "lateen-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "db");
  const before = await openStore({ path });
  const object = await before.create(things, thing("a", { size: 7 }));
  await before.create(things, thing("b"));
  await before.delete(things, at("b"));
  const { resourceVersion } = await before.list(things);
  before.close();
  const after = new EmbeddedStore({ path, kinds });
  assert.deepEqual(await after.list(things), { items: [object], resourceVersion });
  const next = await after.create(things, thing("c"));
  assert.ok(Number(next.metadata.resourceVersion) > Number(resourceVersion));
  after.close();
});

test("a second process on the same file is told who is in the way", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "lateen-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "db");
  const first = new EmbeddedStore({ path, kinds });
  assert.throws(() => new EmbeddedStore({ path, kinds }), /LTN1001: .* is in use by another control plane/);
  first.close();
  new EmbeddedStore({ path, kinds }).close();
});

test("what comes out cannot be changed by accident", async () => {
  const store = await openStore();
  const object = await store.create(things, thing("a"));
  assert.throws(() => Object.assign(object.metadata, { name: "b" }), TypeError);
});

test("pages show the state at the first one's version", async () => {
  const store = await openStore();
  for (const name of ["a", "b", "c", "d"]) await store.create(things, thing(name));
  const first = await store.list(things, { limit: 2 });
  assert.deepEqual(names(first), ["a", "b"]);
  assert.equal(first.remainingItemCount, 2);
  await store.delete(things, at("c"));
  await store.create(things, thing("cc"));
  const second = await store.list(things, { limit: 2, continue: first.continue ?? "" });
  assert.deepEqual(names(second), ["c", "d"]);
  assert.equal(second.continue, undefined);
  assert.equal(second.resourceVersion, first.resourceVersion);
});

test("a dry run checks and changes nothing", async () => {
  const store = await openStore();
  const { resourceVersion } = await store.list(things);
  assert.equal((await store.create(things, thing("a"), { dryRun: true })).metadata.name, "a");
  assert.equal((await store.list(things)).resourceVersion, resourceVersion);
  assert.deepEqual(names(await store.list(namespaces)), ["default"]);
});

test("admission may change an object, refuse it, and take its time", async () => {
  const store = await openStore({
    admission: [
      {
        async admit(operation, type, object) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          if (type.plural !== "things" || operation === "delete") return object;
          object.metadata.labels = { ...object.metadata.labels, seen: operation };
          return object;
        },
      },
    ],
  });
  assert.deepEqual((await store.create(things, thing("a"))).metadata.labels, { seen: "create" });
  const writes = [2, 3, 4].map((size) => store.update(things, thing("a", { size })));
  for (const object of await Promise.all(writes)) assert.deepEqual(object.metadata.labels, { seen: "update" });
  assert.equal((await store.get(things, at("a"))).metadata.generation, 4);
});

function names(list: { items: KubeObject[] }): string[] {
  return list.items.map((object) => object.metadata.name);
}
