import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rejected } from "../../control-plane/status/rejections.ts";
import { Graph } from "../../engine/graph.ts";
import { type ConfigMap, configMapKind } from "../../kinds/core/config-map.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { shareRejections } from "./share-rejections.ts";

const namespace = "istio-system";
const bad: Rejected = {
  origin: { kind: "networking.istio.io/VirtualService", namespace: "book", name: "reviews" },
  proxy: "ratings.book",
  message: "9080: no",
};

async function world() {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [namespaceKind, configMapKind] });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const pods = new Set(["a", "b"]);
  const replica = (own: string) => {
    const graph = new Graph();
    const reports = graph.input<readonly Rejected[]>("rejection reports");
    const stop = new AbortController();
    const done = shareRejections({
      store,
      graph,
      reports,
      own,
      namespace,
      lives: (pod) => pods.has(pod),
      signal: stop.signal,
      onError: (error) => assert.fail(String(error)),
    });
    return { reports, stop, done };
  };
  const told = async () => (await store.list<ConfigMap>(configMapKind.type)).items[0]?.data ?? {};
  return { store, pods, replica, told };
}

async function eventually(check: () => Promise<boolean> | boolean): Promise<void> {
  for (let turn = 0; turn < 300 && !(await check()); turn++) await sleep(5);
  assert.ok(await check());
}

test("replicas hear what proxies of others reject, and that they do not any more", async () => {
  const { store, replica } = await world();
  const [a, b] = [replica("a"), replica("b")];
  a.reports.set("a", [bad]);
  await eventually(() => b.reports.get("a")?.length === 1);
  assert.deepEqual(b.reports.get("a"), [bad]);
  b.reports.set("b", [{ ...bad, proxy: "details.book" }]);
  await eventually(() => a.reports.get("b")?.length === 1);
  a.reports.set("a", []);
  await eventually(() => !b.reports.has("a"));
  for (const { stop, done } of [a, b]) {
    stop.abort();
    await done;
  }
  store.close();
});

test("who stops takes back what it said; what one that vanished said is removed by the next that says something", async () => {
  const { store, pods, replica, told } = await world();
  const [a, b] = [replica("a"), replica("b")];
  a.reports.set("a", [bad]);
  b.reports.set("b", [bad]);
  await eventually(async () => Object.keys(await told()).length === 2);
  a.stop.abort();
  await a.done;
  assert.deepEqual(Object.keys(await told()), ["b"]);
  const vanished = { data: { vanished: JSON.stringify([bad]), "not-ours": "{" } };
  await store.patch(configMapKind.type, { namespace, name: "lateen-rejections" }, { type: "merge", body: vanished });
  await eventually(() => b.reports.has("vanished"));
  assert.deepEqual(b.reports.get("not-ours"), []);
  b.reports.set("b", [{ ...bad, message: "9080: never" }]);
  await eventually(async () => Object.keys(await told()).join() === "b");
  pods.clear();
  b.stop.abort();
  await b.done;
  store.close();
});
