import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { EmbeddedStore } from "../embedded/embedded-store.ts";
import { at, eventually, openStore, type Thing, thing, things } from "../embedded/testing.ts";
import type { KubeObject } from "../object.ts";
import { reflect } from "../reflector.ts";
import type { WatchEvent } from "../store.ts";
import { ClusterStore } from "./cluster-store.ts";
import { startServer, type TestServer } from "./testing-server.ts";

async function setUp(
  t: TestContext,
  listen: { socket?: string } = {},
): Promise<{ store: ClusterStore; behind: EmbeddedStore; server: TestServer }> {
  const behind = await openStore({ bookmarkMs: 20 });
  const server = await startServer(behind, "secret", listen);
  const store = new ClusterStore({
    server: new URL(`https://127.0.0.1:${server.port || 6443}`),
    ca: server.ca,
    token: async () => "secret",
    ...(listen.socket === undefined ? {} : { socketPath: listen.socket }),
  });
  t.after(() => {
    store.close();
    server.close();
    behind.close();
  });
  return { store, behind, server };
}

test("every operation does on a server what it does in this process", async (t) => {
  const { store, behind, server } = await setUp(t);
  const created = await store.create<Thing>(things, thing("a", { size: 3 }, { labels: { app: "x" } }));
  assert.deepEqual(created, await behind.get(things, at("a")));
  const updated = await store.update<Thing>(things, { ...created, spec: { size: 4 } });
  assert.deepEqual(await store.get(things, at("a")), updated);
  await store.update(things, { ...thing("a"), status: { ready: true } }, { subresource: "status" });
  const merge = { type: "merge", body: { spec: { color: "red" } } } as const;
  const patched = await store.patch<Thing & { status?: object }>(things, at("a"), merge);
  assert.deepEqual([patched.spec, patched.status], [{ size: 4, color: "red" }, { ready: true }]);
  const apply = { type: "apply", body: { spec: { color: "blue" } } } as const;
  await assert.rejects(store.patch(things, at("a"), apply, { fieldManager: "me" }), { reason: "Conflict" });
  await store.patch(things, at("a"), apply, { fieldManager: "me", force: true });
  await store.create(things, thing("b"));
  const all = await store.list(things);
  assert.deepEqual(all, await behind.list(things));
  assert.deepEqual(names(await store.list(things, { namespace: "default", labelSelector: "app=x" })), ["a"]);
  const page = await store.list(things, { limit: 1 });
  assert.deepEqual(names(await store.list(things, { limit: 1, continue: page.continue ?? "" })), ["b"]);
  await store.delete(things, at("a"));
  assert.deepEqual(names(await store.list(things)), ["b"]);
  assert.ok(server.requests.includes("PUT /apis/test.lateen.dev/v1/namespaces/default/things/a/status"));
});

test("refusals come out as the server meant them", async (t) => {
  const { store, server } = await setUp(t);
  await assert.rejects(store.get(things, at("x")), {
    name: "StoreError",
    reason: "NotFound",
    message: 'things.test.lateen.dev "x" not found',
    details: { group: "test.lateen.dev", kind: "things", name: "x" },
  });
  await assert.rejects(store.create(things, thing("a", { size: 13 })), {
    reason: "Invalid",
    causes: [
      {
        reason: "FieldValueInvalid",
        field: "spec.size",
        message: "Invalid value: 13: is unlucky (LTN9999); take 12 or 14",
      },
    ],
  });
  server.refuse.push({ status: 502, body: "<html>bad gateway</html>" });
  await assert.rejects(store.get(things, at("x")), { reason: "InternalError", message: "<html>bad gateway</html>" });
});

test("warnings of the server reach the writer", async (t) => {
  const { store } = await setUp(t);
  const warnings: string[] = [];
  await store.create(things, thing("a", { size: 0 }), { warn: (text) => warnings.push(text) });
  assert.deepEqual(warnings, ["spec.size: nothing will be there (LTN9998)"]);
});

test("a request that the server has no time for is sent again when it says", async (t) => {
  const { store, server } = await setUp(t);
  server.refuse.push({ status: 429, headers: { "retry-after": "0" }, body: "{}" });
  assert.deepEqual(names(await store.list(things)), []);
  assert.equal(server.requests.length, 2);
});

test("a watch streams events and bookmarks, tells Expired, and ends with its signal", async (t) => {
  const { store, behind } = await setUp(t);
  const { resourceVersion } = await store.list(things);
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const watching = (async () => {
    for await (const event of store.watch(things, { resourceVersion, signal: abort.signal })) events.push(event);
  })();
  await behind.create(things, thing("a", { tags: ["ü€"] }));
  await behind.delete(things, at("a"));
  await eventually(async () => events.some(({ type }) => type === "BOOKMARK"));
  abort.abort();
  await watching;
  assert.deepEqual(events.map(({ type }) => type).slice(0, 3), ["ADDED", "DELETED", "BOOKMARK"]);
  const [first] = events;
  assert.ok(first && first.type !== "BOOKMARK");
  assert.deepEqual(first.object.spec, { tags: ["ü€"], size: 1 });
  const ahead = store.watch(things, { resourceVersion: "99999", signal: new AbortController().signal });
  await assert.rejects(ahead.next(), { reason: "Expired" });
});

test("the reflector keeps up through a server that restarts", async (t) => {
  const { store, behind, server } = await setUp(t);
  await behind.create(things, thing("a"));
  const state = new Map<string, KubeObject>();
  const abort = new AbortController();
  const done = reflect(
    store,
    things,
    { retryMs: 5 },
    {
      sync: (objects) => {
        for (const object of objects) state.set(object.metadata.name, object);
      },
      change: (deltas) => {
        for (const { object } of deltas) state.set(object.metadata.name, object);
      },
    },
    abort.signal,
  );
  await eventually(async () => state.has("a"));
  server.refuse.push({ status: 503, body: "{}" }, { status: 500, body: "{}" });
  const kept = server.requests.length;
  server.drop();
  await behind.create(things, thing("b"));
  await eventually(async () => state.has("b"));
  assert.ok(server.requests.length > kept);
  assert.equal(
    server.requests.filter((request) => request === "GET /apis/test.lateen.dev/v1/things").length,
    server.requests.length,
  );
  abort.abort();
  await done;
});

test("a unix socket serves as well, with the certificate's own name", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "lateen-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const { store } = await setUp(t, { socket: join(directory, "api.sock") });
  assert.equal((await store.create(things, thing("a"))).metadata.name, "a");
});

test("who cannot be reached, or is not who they say, is named with what to do", async (t) => {
  const { server } = await setUp(t);
  const url = new URL(`https://127.0.0.1:${server.port}`);
  const stranger = new ClusterStore({ server: url });
  await assert.rejects(
    stranger.list(things),
    /LTN1013: the Kubernetes API at https:\/\/127.0.0.1:\d+ cannot be reached \(self-signed certificate/,
  );
  const nobody = new ClusterStore({ server: new URL("https://127.0.0.1:1") });
  await assert.rejects(nobody.list(things), {
    reason: "ServiceUnavailable",
    message: /ECONNREFUSED.*see that it runs/,
  });
  const thief = new ClusterStore({ server: url, insecure: true, token: async () => "guess" });
  await assert.rejects(thief.list(things), { reason: "Unauthorized" });
  for (const store of [stranger, nobody, thief]) store.close();
});

function names(list: { items: KubeObject[] }): string[] {
  return list.items.map((object) => object.metadata.name);
}
