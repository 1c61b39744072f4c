import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigMap, configMapKind } from "../../kinds/core/config-map.ts";
import { coreKinds } from "../../kinds/core/index.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { Objects } from "./objects.ts";

const map = (name: string, resourceVersion: string, uid = name): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", resourceVersion, uid },
});

function view() {
  const store = new EmbeddedStore({ path: ":memory:", kinds: coreKinds });
  const objects = new Objects<ConfigMap>(store, configMapKind.type);
  const told: string[] = [];
  objects.onChange(({ before, after }) => {
    told.push(`${before?.metadata.resourceVersion ?? "-"} → ${after?.metadata.resourceVersion ?? "-"}`);
  });
  return { store, objects, told };
}

test("what a watch tells of an object that is known in a newer version is ignored", () => {
  const { objects, told } = view();
  objects.saw(map("a", "5"));
  objects.saw(map("a", "4"));
  objects.saw(map("a", "5"));
  objects.saw(map("a", "6"));
  assert.deepEqual(told, ["- → 5", "5 → 6"]);
});

test("one's own writes are seen at once", async () => {
  const { store, objects } = view();
  await store.create(
    { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
  );
  const made = await objects.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "default" },
  });
  assert.equal(objects.get("default/a"), made);
  await objects.update({ ...made, data: { key: "value" } });
  assert.deepEqual(objects.get("default/a")?.data, { key: "value" });
  await objects.delete(made);
  assert.equal(objects.get("default/a"), undefined);
  // Late news of its creation does not bring it back; another object of that name is another matter.
  objects.saw(made);
  assert.equal(objects.get("default/a"), undefined);
  objects.saw(map("a", "100", "other"));
  assert.equal(objects.get("default/a")?.metadata.uid, "other");
  store.close();
});

test("objects are found by namespace and by who controls them", () => {
  const { objects } = view();
  const owner = { apiVersion: "v1", kind: "Owner", name: "o", uid: "owner", controller: true };
  const owned = map("a", "1");
  objects.saw({ ...owned, metadata: { ...owned.metadata, ownerReferences: [owner] } });
  objects.saw(map("b", "2"));
  const names = (found: ConfigMap[]) => found.map(({ metadata }) => metadata.name);
  assert.deepEqual(names(objects.controlledBy("owner")), ["a"]);
  assert.deepEqual(names(objects.orphans("default")), ["b"]);
  assert.deepEqual(names(objects.inNamespace("default")), ["a", "b"]);
  objects.saw(map("a", "3"));
  assert.deepEqual(names(objects.controlledBy("owner")), []);
});
