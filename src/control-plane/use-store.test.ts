import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Graph } from "../engine/graph.ts";
import type { Uses } from "../envoy/wire/uses.ts";
import { configMapKind } from "../kinds/core/config-map.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import type { KubeObject } from "../store/object.ts";
import { keepUses } from "./use-store.ts";

const reviews: Uses = { hosts: ["9080/ratings:9080"], clusters: ["outbound|9080||ratings.default.svc.cluster.local"] };

async function storeWithDefault(): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [configMapKind, namespaceKind] });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  return store;
}

async function remembering(store: EmbeddedStore) {
  const graph = new Graph();
  const uses = graph.input<Uses>("uses");
  const errors: unknown[] = [];
  const stop = new AbortController();
  const keeping = await keepUses({ store, graph, uses, signal: stop.signal, onError: (error) => errors.push(error) });
  const close = (): Promise<void> => {
    stop.abort();
    return keeping.close();
  };
  return { uses, errors, kept: { close } };
}

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200 && !(await check()); i++) await sleep(5);
  assert.ok(await check());
}

test("what workloads use is there again for the next control plane", async () => {
  const store = await storeWithDefault();
  const first = await remembering(store);
  first.uses.set("default/reviews-v1", reviews);
  first.uses.set("default/reviews-v2", { hosts: [], clusters: [] });
  const stored = () => store.list<KubeObject & { data?: Record<string, string> }>(configMapKind.type);
  await until(async () => Object.keys((await stored()).items[0]?.data ?? {}).length === 2);
  await first.kept.close();
  const second = await remembering(store);
  assert.deepEqual(second.uses.get("default/reviews-v1"), reviews);
  assert.deepEqual([...first.errors, ...second.errors], []);
  await second.kept.close();
  store.close();
});

test("a namespace that is gone is not written to, again and again", async () => {
  const store = await storeWithDefault();
  const { uses, errors, kept } = await remembering(store);
  uses.set("gone/reviews-v1", reviews);
  await sleep(50);
  assert.deepEqual(errors, []);
  await kept.close();
  store.close();
});

test("what people broke in the ConfigMap is left out, the rest is used", async () => {
  const store = await storeWithDefault();
  const metadata = { name: "lateen-uses", namespace: "default", labels: { "lateen.dev/uses": "true" } };
  const data = { broken: "{", "reviews-v1": JSON.stringify(reviews) };
  const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
  await store.create(configMapKind.type, object);
  const { uses, kept } = await remembering(store);
  assert.deepEqual([...uses.keys()], ["default/reviews-v1"]);
  await kept.close();
  store.close();
});

test("two control planes learn from each other what a workload uses, and then leave the ConfigMap alone", async () => {
  const store = await storeWithDefault();
  const [a, b] = await Promise.all([remembering(store), remembering(store)]);
  a.uses.set("default/reviews-v1", { hosts: ["80/a:80"], clusters: [] });
  b.uses.set("default/reviews-v1", { hosts: ["80/b:80"], clusters: ["c"] });
  const all = JSON.stringify({ hosts: ["80/a:80", "80/b:80"], clusters: ["c"] });
  const known = (one: typeof a) => JSON.stringify(one.uses.get("default/reviews-v1"));
  await until(async () => known(a) === all && known(b) === all);
  const version = async () => (await store.list(configMapKind.type)).items[0]?.metadata.resourceVersion;
  await sleep(20);
  const before = await version();
  await sleep(50);
  assert.equal(await version(), before);
  await Promise.all([a.kept.close(), b.kept.close()]);
  store.close();
});
