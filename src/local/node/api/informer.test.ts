import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { coreKinds } from "../../../kinds/core/index.ts";
import { EmbeddedStore } from "../../../store/embedded/embedded-store.ts";
import { StoreError } from "../../../store/error.ts";
import type { Store } from "../../../store/store.ts";
import { CONFIG_MAPS } from "../resources.ts";
import { startInformer } from "./informer.ts";

const configMap = (name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "default", name },
});

async function world() {
  const store = new EmbeddedStore({ path: ":memory:", kinds: coreKinds });
  await store.create(
    { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
  );
  return store;
}

test("objects are there after the first list, and follow every change", async () => {
  const store = await world();
  await store.create(CONFIG_MAPS, configMap("a"));
  const ending = new AbortController();
  const changed: string[] = [];
  const informer = startInformer({
    store,
    type: CONFIG_MAPS,
    signal: ending.signal,
    onChange: (keys) => changed.push(...keys),
  });
  await informer.synced;
  assert.ok(informer.get("default/a"));
  await store.create(CONFIG_MAPS, configMap("b"));
  await store.delete(CONFIG_MAPS, { namespace: "default", name: "a" });
  await sleep(50);
  assert.deepEqual(
    [...informer.values()].map(({ metadata }) => metadata.name),
    ["b"],
  );
  assert.deepEqual(changed, ["default/a", "default/b", "default/a"]);
  ending.abort();
  store.close();
});

test("while the API is away what was known stays, and afterwards what was missed is caught up", async () => {
  const store = await world();
  await store.create(CONFIG_MAPS, configMap("a"));
  let away = true;
  const unreliable: Pick<Store, "list" | "watch"> = {
    list: (type, options) => {
      if (away) return Promise.reject(new StoreError("ServiceUnavailable", "away"));
      return store.list(type, options);
    },
    // Each watch breaks after the first event.
    async *watch(type, options) {
      for await (const event of store.watch<never>(type, options)) {
        yield event;
        if (event.type !== "BOOKMARK") return;
      }
    },
  };
  const ending = new AbortController();
  const errors: unknown[] = [];
  const informer = startInformer({
    store: { ...unreliable, ...refusing },
    type: CONFIG_MAPS,
    signal: ending.signal,
    onError: (error) => errors.push(error),
  });
  await sleep(150);
  assert.ok(errors.length > 0);
  away = false;
  await informer.synced;
  await store.create(CONFIG_MAPS, configMap("b"));
  await store.create(CONFIG_MAPS, configMap("c"));
  await sleep(500);
  assert.deepEqual([...informer.values()].map(({ metadata }) => metadata.name).sort(), ["a", "b", "c"]);
  ending.abort();
  store.close();
});

const refuse = () => Promise.reject(new Error("not used"));
const refusing = { get: refuse, create: refuse, update: refuse, patch: refuse, delete: refuse };
