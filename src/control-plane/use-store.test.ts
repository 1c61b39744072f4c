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
  const kept = await keepUses({ store, graph, uses, onError: (error) => errors.push(error) });
  return { uses, errors, kept };
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
