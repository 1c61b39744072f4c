import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { type TestContext, test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { configMapKind } from "../../kinds/core/config-map.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import type { KubeObject } from "../../store/object.ts";
import { rememberKeySets } from "./remember-key-sets.ts";

const key = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
const jwks = (kid: string): string => JSON.stringify({ keys: [{ ...key, kid }] });

async function storeWithNamespace(): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [configMapKind, namespaceKind] });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } });
  return store;
}

async function controlPlane(t: TestContext, store: EmbeddedStore, ...wants: string[]) {
  const graph = new Graph();
  const keySets = graph.input<string>("key sets");
  const wanted = graph.input<true>("wanted");
  for (const want of wants) wanted.set(want, true);
  const stop = new AbortController();
  const errors: unknown[] = [];
  const remembered = await rememberKeySets({
    ...{ store, graph, keySets, wanted, namespace: "istio-system", signal: stop.signal },
    onError: (error) => errors.push(error),
  });
  t.after(() => stop.abort());
  return { keySets, errors, close: remembered.close };
}

const entries = async (store: EmbeddedStore): Promise<number> => {
  const { data } = await store.get<KubeObject & { data?: object }>(configMapKind.type, {
    namespace: "istio-system",
    name: "lateen-key-sets",
  });
  return Object.keys(data ?? {}).length;
};

test("the next control plane begins with the keys that the last one had, as far as they are still wanted", async (t) => {
  const store = await storeWithNamespace();
  const first = await controlPlane(t, store, "Uri a", "Uri b", "Uri c");
  first.keySets.set("Uri a", jwks("one"));
  first.keySets.set("Uri b", jwks("one"));
  first.keySets.set("Uri c", jwks("one"));
  first.keySets.set("Uri a", jwks("two"));
  first.keySets.delete("Uri c");
  await first.close();
  assert.deepEqual(first.errors, []);
  assert.equal(await entries(store), 2);
  const second = await controlPlane(t, store, "Uri a");
  assert.equal(second.keySets.get("Uri a"), jwks("two"));
  assert.equal(second.keySets.get("Uri b"), undefined);
  await second.close();
  assert.equal(await entries(store), 1);
});

test("what somebody else wrote there is no key, and nothing there is no trouble", async (t) => {
  const store = await storeWithNamespace();
  const secret = JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0" }] });
  const texts = ["nonsense", "{}", JSON.stringify({ key: "Uri a", jwks: secret }), '{"key":"Uri a","jwks":"[]"}'];
  await store.create(configMapKind.type, {
    ...{ apiVersion: "v1", kind: "ConfigMap" },
    metadata: { namespace: "istio-system", name: "lateen-key-sets" },
    data: Object.fromEntries(texts.map((text, i) => [`${i}`, text])),
  });
  const { keySets, close } = await controlPlane(t, store, "Uri a");
  assert.equal(keySets.get("Uri a"), undefined);
  await close();
  assert.equal(await entries(store), 0);
});

test("more than a ConfigMap holds is not kept, and the rest is", async (t) => {
  const store = await storeWithNamespace();
  const { keySets, errors, close } = await controlPlane(t, store);
  const large = JSON.stringify({ keys: [{ ...key, kid: "k".repeat(400_000) }] });
  for (const name of ["a", "b", "c"]) {
    keySets.set(`Uri ${name}`, large);
  }
  await close();
  assert.deepEqual(errors, []);
  assert.equal(await entries(store), 2);
});
