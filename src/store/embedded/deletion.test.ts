import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../object.ts";
import type { EmbeddedStore } from "./embedded-store.ts";
import { at, configMaps, eventually, isGone, namespaces, openStore, pod, pods, thing, things } from "./testing.ts";

const ownedBy = (owner: KubeObject, more: object = {}): object => ({
  ownerReferences: [
    { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, ...more },
  ],
});

async function deletionOf(store: EmbeddedStore, name: string): Promise<string | undefined> {
  return (await store.get(pods, at(name))).metadata.deletionTimestamp;
}

test("a pod on a node gets its grace, and goes when the node says so", async () => {
  const store = await openStore({ now: () => new Date("2026-01-01T00:00:00Z") });
  await store.create(pods, pod("p", { nodeName: "n", terminationGracePeriodSeconds: 10 }));
  await store.delete(pods, at("p"));
  const { metadata } = await store.get(pods, at("p"));
  assert.equal(metadata.deletionTimestamp, "2026-01-01T00:00:10Z");
  assert.equal(metadata.deletionGracePeriodSeconds, 10);
  await store.delete(pods, at("p"));
  assert.equal(await deletionOf(store, "p"), "2026-01-01T00:00:10Z");
  await store.delete(pods, at("p"), { gracePeriodSeconds: 3 });
  assert.equal(await deletionOf(store, "p"), "2026-01-01T00:00:03Z");
  await store.update(pods, { ...pod("p"), status: { phase: "Running" } }, { subresource: "status" });
  await store.delete(pods, at("p"), { gracePeriodSeconds: 0 });
  assert.ok(await isGone(store, pods, at("p")));
});

test("a pod on no node, or one that has ended, goes at once", async () => {
  const store = await openStore();
  await store.create(pods, pod("waiting"));
  await store.delete(pods, at("waiting"));
  assert.ok(await isGone(store, pods, at("waiting")));
  await store.create(pods, pod("ended", { nodeName: "n" }));
  await store.update(pods, { ...pod("ended"), status: { phase: "Succeeded" } }, { subresource: "status" });
  await store.delete(pods, at("ended"));
  assert.ok(await isGone(store, pods, at("ended")));
});

test("finalizers hold an object until the last one is taken off, and none may be added meanwhile", async () => {
  const store = await openStore();
  await store.create(things, thing("a", {}, { finalizers: ["test.dev/x"] }));
  const { gone } = await store.remove(things, at("a"));
  assert.equal(gone, false);
  const held = await store.get(things, at("a"));
  assert.ok(held.metadata.deletionTimestamp);
  await assert.rejects(store.update(things, thing("a", {}, { finalizers: ["test.dev/x", "test.dev/y"] })), {
    reason: "Invalid",
    message: /metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted/,
  });
  await store.update(things, thing("a"));
  assert.ok(await isGone(store, things, at("a")));
});

test("preconditions guard against deleting another object of the same name", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  await assert.rejects(store.delete(things, at("a"), { preconditions: { uid: "other" } }), {
    reason: "Conflict",
    message:
      /^Operation cannot be fulfilled on Thing.test.lateen.dev "a": the UID in the precondition \(other\) does not match/,
  });
});

test("dependants follow their owner in the background, all the way down", async () => {
  const store = await openStore();
  const owner = await store.create(things, thing("owner"));
  const middle = await store.create(things, thing("middle", {}, ownedBy(owner)));
  await store.create(pods, pod("leaf", {}, ownedBy(middle)));
  await store.delete(things, at("owner"));
  await eventually(() => isGone(store, pods, at("leaf")));
  assert.ok(await isGone(store, things, at("middle")));
});

test("a dependant with another owner stays and loses the reference", async () => {
  const store = await openStore();
  const one = await store.create(things, thing("one"));
  const two = await store.create(things, thing("two"));
  const references = [one, two].flatMap((owner) => Object.values(ownedBy(owner)).flat());
  await store.create(pods, pod("p", {}, { ownerReferences: references }));
  await store.delete(things, at("one"));
  await eventually(async () => (await store.get(pods, at("p"))).metadata.ownerReferences?.length === 1);
  assert.equal((await store.get(pods, at("p"))).metadata.ownerReferences?.[0]?.name, "two");
});

test("in the foreground the owner goes last", async () => {
  const store = await openStore();
  const owner = await store.create(things, thing("owner"));
  await store.create(pods, pod("p", { nodeName: "n" }, ownedBy(owner, { blockOwnerDeletion: true })));
  await store.delete(things, at("owner"), { propagationPolicy: "Foreground" });
  await eventually(async () => (await deletionOf(store, "p")) !== undefined);
  assert.deepEqual((await store.get(things, at("owner"))).metadata.finalizers, ["foregroundDeletion"]);
  await store.delete(pods, at("p"), { gracePeriodSeconds: 0 });
  await eventually(() => isGone(store, things, at("owner")));
});

test("orphans stay, without their owner", async () => {
  const store = await openStore();
  const owner = await store.create(things, thing("owner"));
  await store.create(pods, pod("p", {}, ownedBy(owner)));
  await store.delete(things, at("owner"), { propagationPolicy: "Orphan" });
  await eventually(() => isGone(store, things, at("owner")));
  assert.equal((await store.get(pods, at("p"))).metadata.ownerReferences, undefined);
});

test("an object whose owner never was, or is another of the same name, is collected", async () => {
  const store = await openStore();
  const owner = await store.create(things, thing("owner"));
  await store.create(pods, pod("p", {}, ownedBy({ ...owner, metadata: { ...owner.metadata, uid: "before" } })));
  await eventually(() => isGone(store, pods, at("p")));
});

test("an owner of a kind that is not served here is left alone, with what it owns", async () => {
  const store = await openStore();
  const foreign = { apiVersion: "elsewhere/v1", kind: "X", metadata: { name: "x", uid: "u" } };
  await store.create(pods, pod("p", {}, ownedBy(foreign)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await isGone(store, pods, at("p")), false);
});

test("the namespaces that everything relies on may not be deleted", async () => {
  const store = await openStore();
  await assert.rejects(store.delete(namespaces, { name: "default" }), {
    reason: "Forbidden",
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
  });
});

test("a namespace empties before it goes, and takes nothing new meanwhile", async () => {
  const store = await openStore();
  const created = await store.create<KubeObject>(namespaces, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "ns" },
  });
  assert.deepEqual(created.metadata.labels, { "kubernetes.io/metadata.name": "ns" });
  assert.deepEqual(created.status, { phase: "Active" });
  await store.create(pods, pod("p", { nodeName: "n" }, { namespace: "ns" }));
  await store.create(things, thing("t", {}, { namespace: "ns" }));
  await store.delete(namespaces, { name: "ns" });
  assert.deepEqual((await store.get(namespaces, { name: "ns" })).status, { phase: "Terminating" });
  await eventually(() => isGone(store, things, at("t", "ns")));
  await assert.rejects(
    store.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "ns" } }),
    {
      reason: "Forbidden",
      message:
        'configmaps "c" is forbidden: unable to create new content in namespace ns because it is being terminated',
    },
  );
  assert.equal(await isGone(store, namespaces, { name: "ns" }), false);
  await store.delete(pods, at("p", "ns"), { gracePeriodSeconds: 0 });
  await eventually(() => isGone(store, namespaces, { name: "ns" }));
});
