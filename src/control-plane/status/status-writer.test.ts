import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { httpRouteKind } from "../../kinds/gateway-api/http-route.ts";
import { gatewayApiKinds } from "../../kinds/gateway-api/index.ts";
import { istioKinds } from "../../kinds/istio/index.ts";
import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import type { StatusRow } from "../../mesh/status-row.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { kinds, namespaces } from "../../store/embedded/testing.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { FIELD_MANAGER, statusWriter } from "./status-writer.ts";

const type = httpRouteKind.type;
const at = { namespace: "default", name: "r" };
const accepted = (status: string, reason: string) => ({
  type: "Accepted",
  status,
  reason,
  message: "m",
  observedGeneration: 1,
});

function parents(...conditions: object[]) {
  const parentRef = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "g" };
  return { parents: [{ parentRef, controllerName: "istio.io/gateway-controller", conditions }] };
}

async function setUp() {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [...kinds, ...gatewayApiKinds, ...istioKinds] });
  await store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  await store.create(type, {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { ...at },
    spec: { parentRefs: [{ name: "g" }] },
  });
  const graph = new Graph();
  const rows = graph.input<StatusRow>("statuses");
  let writes = 0;
  let failures = 0;
  const counting: Store = {
    ...bound(store),
    patch: (...args) => {
      writes++;
      if (failures > 0) {
        failures--;
        return Promise.reject(new Error("the store is away"));
      }
      return store.patch(...args);
    },
  };
  const errors: string[] = [];
  const writer = statusWriter({
    store: counting,
    graph,
    onError: (_key, error) => errors.push(String(error)),
    now: () => new Date("2026-03-01T10:00:00.500Z"),
    retryMs: 1,
  });
  const status = async () => (await store.get<KubeObject>(type, at)).status;
  const fail = (times: number): void => {
    failures = times;
  };
  return { store, graph, rows, writer, status, errors, fail, writes: () => writes };
}

function bound(store: EmbeddedStore): Store {
  return {
    list: store.list.bind(store),
    watch: store.watch.bind(store),
    get: store.get.bind(store),
    create: store.create.bind(store),
    update: store.update.bind(store),
    patch: store.patch.bind(store),
    delete: store.delete.bind(store),
  };
}

test("a row's status is written once, with the time of its change, and not again when it is there already", async () => {
  const { rows, writer, status, writes } = await setUp();
  rows.set("r", { type, ...at, status: parents(accepted("True", "Accepted")) });
  writer.follow(rows);
  await writer.idle();
  const time = { lastTransitionTime: "2026-03-01T10:00:00Z" };
  assert.deepEqual(await status(), parents({ ...accepted("True", "Accepted"), ...time }));
  assert.equal(writes(), 1);
  rows.set("r", { type, ...at, status: { ...parents(accepted("True", "Accepted")) } });
  await writer.idle();
  assert.equal(writes(), 1);
  await writer.close();
});

test("several changes in one go are one write, and a failure is tried again", async () => {
  const { rows, writer, status, writes, errors, fail } = await setUp();
  writer.follow(rows);
  fail(2);
  for (const reason of ["A", "B", "Accepted"])
    rows.set("r", { type, ...at, status: parents(accepted("True", reason)) });
  await writer.idle();
  assert.equal(writes(), 3);
  assert.equal(errors.length, 2);
  assert.match(JSON.stringify(await status()), /"reason":"Accepted"/);
  await writer.close();
});

test("an object that is gone is no error", async () => {
  const { rows, writer, store, errors } = await setUp();
  await store.delete(type, at);
  rows.set("r", { type, ...at, status: parents(accepted("True", "Accepted")) });
  writer.follow(rows);
  await writer.idle();
  assert.deepEqual(errors, []);
  await writer.close();
});

test("what a row said is taken back when it goes", async () => {
  const { rows, writer, status } = await setUp();
  rows.set("r", { type, ...at, status: parents(accepted("True", "Accepted")) });
  writer.follow(rows);
  await writer.idle();
  rows.delete("r");
  await writer.idle();
  assert.deepEqual(await status(), { parents: [] });
  await writer.close();
});

test("of several collections all is said; what one no longer says goes, what others set stays", async () => {
  const { rows, graph, writer, store } = await setUp();
  const { type } = virtualServiceKind;
  const condition = (name: string) => ({ ...accepted("False", "No"), type: name });
  await store.create(type, {
    apiVersion: "networking.istio.io/v1",
    kind: type.kind,
    metadata: { ...at },
    spec: { hosts: ["a"], http: [{ route: [{ destination: { host: "a" } }] }] },
  });
  const theirs = { status: { conditions: [condition("Theirs")] } };
  await store.patch(type, at, { type: "merge", body: theirs }, { subresource: "status", fieldManager: "them" });
  const more = graph.input<StatusRow>("more statuses");
  rows.set("r", { type, ...at, status: { conditions: [condition("ResolvedRefs")], observedGeneration: 1 } });
  more.set("r", { type, ...at, status: { conditions: [condition("Programmed")] } });
  writer.follow(rows);
  writer.follow(more);
  await writer.idle();
  const types = async () => {
    const { status } = await store.get<KubeObject & { status: { conditions: { type: string }[] } }>(type, at);
    return status.conditions.map((each) => each.type).sort();
  };
  assert.deepEqual(await types(), ["Programmed", "ResolvedRefs", "Theirs"]);
  more.delete("r");
  await writer.idle();
  assert.deepEqual(await types(), ["ResolvedRefs", "Theirs"]);
  await writer.close();
});

test("what an earlier writer said and no row says now is taken back; what rows say stays", async () => {
  const { graph, rows, writer, store, status } = await setUp();
  rows.set("r", { type, ...at, status: parents(accepted("True", "Accepted")) });
  writer.follow(rows);
  await writer.idle();
  await writer.sweep(type);
  await writer.idle();
  assert.match(JSON.stringify(await status()), /Accepted/);
  await writer.close();
  const successor = statusWriter({ store, graph, onError: (_key, error) => assert.fail(String(error)) });
  await successor.sweep(type);
  await successor.idle();
  assert.deepEqual(await status(), { parents: [] });
  const { metadata } = await store.get<KubeObject>(type, at);
  assert.match(JSON.stringify(metadata.managedFields), new RegExp(`"${FIELD_MANAGER}"`));
  await successor.close();
});
