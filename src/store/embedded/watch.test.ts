import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type KubeObject, keyOf } from "../object.ts";
import type { WatchEvent, WatchOptions } from "../store.ts";
import type { EmbeddedStore } from "./embedded-store.ts";
import { at, openStore, pod, pods, thing, things } from "./testing.ts";

/** The events of a watch up to a number of them. */
async function take(
  store: EmbeddedStore,
  count: number,
  options: Partial<WatchOptions> = {},
  type = things,
): Promise<WatchEvent[]> {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  if (count === 0) return events;
  for await (const event of store.watch(type, { resourceVersion: "0", signal: abort.signal, ...options })) {
    events.push(event);
    if (events.length === count) abort.abort();
  }
  return events;
}

const brief = (event: WatchEvent): string =>
  event.type === "BOOKMARK" ? event.type : `${event.type} ${event.object.metadata.name}`;

test("a watch goes on where a list was taken", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  const { resourceVersion } = await store.list(things);
  await store.create(things, thing("b"));
  await store.create(pods, pod("p"));
  await store.update(things, thing("a", { size: 2 }));
  await store.delete(things, at("b"));
  const events = await take(store, 3, { resourceVersion });
  assert.deepEqual(events.map(brief), ["ADDED b", "MODIFIED a", "DELETED b"]);
});

test("a watch from 0 begins with what there is", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  const events = take(store, 2);
  await store.create(things, thing("b"));
  assert.deepEqual((await events).map(brief), ["ADDED a", "ADDED b"]);
});

test("to a watch with a selector an object comes and goes with its labels", async () => {
  const store = await openStore();
  const events = take(store, 4, { labelSelector: "app=x" });
  await store.create(things, thing("a", {}, { labels: { app: "y" } }));
  await store.update(things, thing("a", {}, { labels: { app: "x" } }));
  await store.update(things, thing("a", { size: 3 }, { labels: { app: "x" } }));
  const left = await store.update(things, thing("a", { size: 4 }, { labels: { app: "y" } }));
  await store.update(things, thing("a", { size: 4 }, { labels: { app: "x" } }));
  const seen = await events;
  assert.deepEqual(seen.map(brief), ["ADDED a", "MODIFIED a", "DELETED a", "ADDED a"]);
  const gone = seen[2];
  assert.ok(gone && gone.type !== "BOOKMARK");
  assert.equal(gone.object.metadata.resourceVersion, left.metadata.resourceVersion);
  assert.deepEqual(gone.object.spec, { size: 3 });
});

test("a watch that is quiet gets bookmarks from which it can go on", async () => {
  const store = await openStore({ bookmarkMs: 10 });
  await store.create(things, thing("a"));
  await store.create(pods, pod("p"));
  const { resourceVersion } = await store.list(things);
  const [bookmark] = await take(store, 1, { resourceVersion });
  assert.deepEqual(bookmark, { type: "BOOKMARK", resourceVersion });
});

test("a version older than the history is refused as expired, and one of the future too", async () => {
  const store = await openStore({ history: 3 });
  const { resourceVersion } = await store.list(things);
  for (const name of ["a", "b", "c", "d"]) await store.create(things, thing(name));
  const expired = { reason: "Expired", code: 410 };
  await assert.rejects(take(store, 1, { resourceVersion }), expired);
  await assert.rejects(take(store, 1, { resourceVersion: "1000" }), expired);
});

test("a watch of a quiet kind outlives any number of changes of others", async () => {
  const store = await openStore({ history: 3 });
  const events = take(store, 1);
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 10; i++) await store.create(pods, pod(`p${i}`));
  await store.create(things, thing("a"));
  assert.deepEqual((await events).map(brief), ["ADDED a"]);
});

test("a reader that is too slow is told so and holds up nobody", async () => {
  const store = await openStore({ history: 5 });
  const abort = new AbortController();
  const slow = store.watch(things, { resourceVersion: "0", signal: abort.signal });
  await store.create(things, thing("first"));
  assert.equal((await slow.next()).done, false);
  for (let i = 0; i < 10; i++) await store.create(things, thing(`t${i}`));
  await assert.rejects(slow.next(), { reason: "Expired" });
});

test("watches end without error when their signal aborts or the store closes", async () => {
  const store = await openStore();
  const events = take(store, 1);
  await new Promise((resolve) => setImmediate(resolve));
  store.close();
  assert.deepEqual(await events, []);
});

test("nothing is seen in a list or a watch before it is on disk", async () => {
  const store = await openStore();
  const creating = store.create(things, thing("a"));
  let done = false;
  creating.then(() => {
    done = true;
  });
  const { items } = await store.list(things);
  assert.ok(items.length === 0 || done);
  await creating;
});

type Step = { act: "put" | "delete"; name: string; size: number; app: string };

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("put", "put", "delete"),
  name: fc.constantFrom("a", "b", "c"),
  size: fc.integer({ min: 1, max: 3 }),
  app: fc.constantFrom("x", "y"),
});

async function run(store: EmbeddedStore, { act, name, size, app }: Step): Promise<void> {
  const object = thing(name, { size }, { labels: { app } });
  if (act === "delete") await store.delete(things, at(name)).catch(() => {});
  else await store.update(things, object).catch(() => store.create(things, object));
}

test("replaying a watch from any version on top of the list at that version gives the list of now", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom(undefined, "app=x", "app!=x"),
      async (steps, labelSelector) => {
        const store = await openStore();
        const options = labelSelector === undefined ? {} : { labelSelector };
        const lists = [await store.list(things, options)];
        for (const one of steps) {
          await run(store, one);
          lists.push(await store.list(things, options));
        }
        const now = lists.at(-1);
        for (const { items, resourceVersion } of lists) {
          const state = new Map(items.map((object) => [keyOf(object), object]));
          const abort = new AbortController();
          const watch = store.watch(things, { ...options, resourceVersion, signal: abort.signal });
          setImmediate(() => abort.abort());
          for await (const event of watch) replay(state, event);
          assert.deepEqual(
            [...state.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
            now?.items,
          );
        }
        store.close();
      },
    ),
    { numRuns: 40 },
  );
});

/** Applies an event, and checks that it fits what the watcher knew. */
function replay(state: Map<string, KubeObject>, event: WatchEvent): void {
  if (event.type === "BOOKMARK") return;
  const key = keyOf(event.object);
  assert.equal(state.has(key), event.type !== "ADDED", `${event.type} of ${key}`);
  if (event.type === "DELETED") state.delete(key);
  else state.set(key, event.object);
}
