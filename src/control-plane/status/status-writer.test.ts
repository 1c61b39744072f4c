import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { httpRouteKind } from "../../kinds/gateway-api/http-route.ts";
import { gatewayApiKinds } from "../../kinds/gateway-api/index.ts";
import type { StatusRow } from "../../mesh/status-row.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { kinds, namespaces } from "../../store/embedded/testing.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { mergeStatus } from "./merge-status.ts";
import { statusWriter } from "./status-writer.ts";

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
  const store = new EmbeddedStore({ path: ":memory:", kinds: [...kinds, ...gatewayApiKinds] });
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
  return { store, rows, writer, status, errors, fail, writes: () => writes };
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

const now = "2026-03-01T10:00:00Z";
const old = "2026-01-01T00:00:00Z";

test("a condition keeps its time while its status stays, whatever else changes", () => {
  const had = { conditions: [{ type: "Accepted", status: "True", reason: "A", lastTransitionTime: old }] };
  const same = mergeStatus(had, { conditions: [{ type: "Accepted", status: "True", reason: "B" }] }, { now });
  assert.deepEqual(same, { conditions: [{ type: "Accepted", status: "True", reason: "B", lastTransitionTime: old }] });
  const other = mergeStatus(had, { conditions: [{ type: "Accepted", status: "False", reason: "B" }] }, { now });
  assert.deepEqual(other, {
    conditions: [{ type: "Accepted", status: "False", reason: "B", lastTransitionTime: now }],
  });
});

test("conditions of other types and parents of other controllers stay", () => {
  const had = {
    conditions: [{ type: "Theirs", status: "True" }],
    parents: [{ controllerName: "them", parentRef: { name: "g" } }],
  };
  const wanted = {
    conditions: [{ type: "Ours", status: "True" }],
    parents: [{ controllerName: "us", parentRef: { name: "g" }, conditions: [] }],
  };
  assert.deepEqual(mergeStatus(had, wanted, { now }), {
    conditions: [
      { type: "Theirs", status: "True" },
      { type: "Ours", status: "True", lastTransitionTime: now },
    ],
    parents: [
      { controllerName: "them", parentRef: { name: "g" } },
      { controllerName: "us", parentRef: { name: "g" }, conditions: [] },
    ],
  });
});

test("conditions of listeners are timed by listener", () => {
  const listener = (name: string, status: string, time?: string) => ({
    name,
    conditions: [{ type: "Accepted", status, ...(time && { lastTransitionTime: time }) }],
  });
  const had = { listeners: [listener("a", "True", old), listener("b", "True", old)] };
  const wanted = { listeners: [listener("a", "True"), listener("b", "False")] };
  assert.deepEqual(mergeStatus(had, wanted, { now }), {
    listeners: [listener("a", "True", old), listener("b", "False", now)],
  });
});

test("a field that is no longer said is removed, and empty lists are as good as none", () => {
  const had = { validationMessages: [{ code: "IST0101" }], observedGeneration: 3 };
  const before = { validationMessages: [{ code: "IST0101" }] };
  assert.deepEqual(mergeStatus(had, {}, { now, before }), { validationMessages: null });
  assert.equal(mergeStatus(undefined, { parents: [] }, { now }), undefined);
});

test("entries of ours for parents that are no longer named go, also those of an earlier run", () => {
  const had = { parents: [{ controllerName: "istio.io/gateway-controller", parentRef: { name: "g" } }] };
  assert.deepEqual(mergeStatus(had, { parents: [] }, { now }), { parents: [] });
});
