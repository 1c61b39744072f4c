import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { at, eventually, openStore, type Thing, thing, things } from "./embedded/testing.ts";
import { StoreError } from "./error.ts";
import type { KubeObject, ResourceType } from "./object.ts";
import { type Delta, type ReflectOptions, reflect } from "./reflector.ts";
import { expired } from "./refusals.ts";
import type { Store, WatchOptions } from "./store.ts";

const fast: ReflectOptions = { retryMs: 1, longestRetryMs: 2 };

/** What a handler was told, and the state that follows from it. */
class Recorder {
  readonly state = new Map<string, Thing>();
  readonly batches: string[][] = [];
  readonly troubles: unknown[] = [];
  syncs = 0;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  constructor(store: Store, options: ReflectOptions = fast) {
    this.#done = reflect<Thing>(store, things, options, this, this.#abort.signal);
  }

  sync(objects: readonly Thing[]): void {
    this.syncs++;
    for (const object of objects) this.state.set(object.metadata.name, object);
  }

  change(deltas: readonly Delta<Thing>[]): void {
    this.batches.push(deltas.map(({ type, key }) => `${type} ${key}`));
    for (const { type, object } of deltas) {
      if (type === "delete") this.state.delete(object.metadata.name);
      else this.state.set(object.metadata.name, object);
    }
  }

  trouble(error: unknown): void {
    this.troubles.push(error);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }
}

/** A store whose lists and watches go wrong as told. */
function troubled(
  store: Store,
  trouble: { list?(): void; watch?(options: WatchOptions): void; event?(): "end" | undefined },
): Store {
  return {
    list: async (type, options) => {
      trouble.list?.();
      return store.list(type, options);
    },
    async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions) {
      trouble.watch?.(options);
      for await (const event of store.watch<T>(type, options)) {
        if (trouble.event?.() === "end") return;
        yield event;
      }
    },
    get: (type, name) => store.get(type, name),
    create: (type, object, options) => store.create(type, object, options),
    update: (type, object, options) => store.update(type, object, options),
    patch: (type, name, patch, options) => store.patch(type, name, patch, options),
    delete: (type, name, options) => store.delete(type, name, options),
  };
}

test("it tells all there is once, and then the changes of a turn together", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  const seen = new Recorder(store);
  await eventually(async () => seen.syncs === 1);
  await Promise.all([
    store.create(things, thing("b")),
    store.create(things, thing("c")),
    store.update(things, thing("a", { size: 2 })),
    store.update(things, thing("a", { size: 3 })),
  ]);
  await eventually(async () => seen.batches.length > 0);
  assert.deepEqual(
    seen.batches.map((batch) => batch.sort()),
    [["upsert default/a", "upsert default/b", "upsert default/c"]],
  );
  await store.delete(things, at("b"));
  await eventually(async () => seen.batches.length > 1);
  assert.deepEqual(seen.batches[1], ["delete default/b"]);
  await seen.stop();
  assert.equal(seen.syncs, 1);
});

test("after a broken watch it goes on from the last version, without a new list", async () => {
  const store = await openStore();
  let lists = 0;
  const versions: string[] = [];
  let breaks = 2;
  const seen = new Recorder(
    troubled(store, {
      list: () => void lists++,
      watch: ({ resourceVersion }) => void versions.push(resourceVersion),
      event: () => (breaks-- > 0 ? "end" : undefined),
    }),
  );
  await eventually(async () => seen.syncs === 1);
  const a = await store.create(things, thing("a"));
  await eventually(async () => seen.state.has("a"));
  const b = await store.create(things, thing("b"));
  await eventually(async () => seen.state.has("b"));
  await seen.stop();
  assert.equal(lists, 1);
  assert.ok(versions.length >= 3);
  assert.ok(versions.every((version) => Number(version) < Number(b.metadata.resourceVersion)));
  assert.ok(Number(versions.at(-1)) <= Number(a.metadata.resourceVersion));
});

test("when the version has expired it lists again and tells only the difference", async () => {
  const store = await openStore();
  await store.create(things, thing("stays"));
  await store.create(things, thing("goes"));
  await store.create(things, thing("changes"));
  let broken = false;
  let away = false;
  const seen = new Recorder(
    troubled(store, {
      watch: () => {
        if (away) throw new StoreError("ServiceUnavailable", "away");
        if (broken) throw expired("too old");
      },
      list: () => {
        broken = false;
      },
      event: () => (away ? "end" : undefined),
    }),
  );
  await eventually(async () => seen.syncs === 1);
  away = true;
  await store.delete(things, at("goes"));
  await store.update(things, thing("changes", { size: 2 }));
  await store.create(things, thing("comes"));
  broken = true;
  away = false;
  await eventually(async () => seen.state.has("comes"));
  await seen.stop();
  assert.equal(seen.syncs, 1);
  assert.deepEqual(seen.batches.flat().sort(), [
    "delete default/goes",
    "upsert default/changes",
    "upsert default/comes",
  ]);
  assert.deepEqual([...seen.state.keys()].sort(), ["changes", "comes", "stays"]);
});

test("a watch without a sign of life is begun anew", async () => {
  const store = await openStore({ bookmarkMs: 60_000 });
  let watches = 0;
  const seen = new Recorder(troubled(store, { watch: () => void watches++ }), { ...fast, stallMs: 10 });
  await eventually(async () => watches >= 3);
  await seen.stop();
  assert.deepEqual(seen.troubles, []);
});

test("a kind that is not installed counts as empty until it is there", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  let installed = false;
  const seen = new Recorder(
    troubled(store, {
      list: () => {
        if (!installed) throw new StoreError("NotFound", "the server could not find the requested resource");
      },
    }),
  );
  await eventually(async () => seen.syncs === 1);
  assert.equal(seen.state.size, 0);
  await sleep(50);
  installed = true;
  await eventually(async () => seen.state.has("a"));
  await seen.stop();
  assert.equal(seen.troubles.length, 1);
});

test("a kind whose definition goes is empty in the end, and followed again when it comes back", async () => {
  const store = await openStore();
  await store.create(things, thing("a"));
  let installed = true;
  const strike = (): "end" | undefined => {
    if (!installed) throw new StoreError("NotFound", "the server could not find the requested resource");
    return undefined;
  };
  const seen = new Recorder(troubled(store, { list: () => void strike(), watch: () => void strike(), event: strike }));
  await eventually(async () => seen.state.has("a"));
  installed = false;
  await store.create(things, thing("wakes-the-watch"));
  await eventually(async () => seen.state.size === 0);
  installed = true;
  await eventually(async () => seen.state.has("a"));
  await seen.stop();
});

const step = fc.record({
  name: fc.constantFrom("a", "b", "c"),
  size: fc.integer({ min: 0, max: 3 }),
  trouble: fc.constantFrom("none", "none", "end", "throw", "expire"),
});

test("whatever goes wrong on the way, in the end it knows what is there", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const store = await openStore({ history: 5 });
      let next: string = "none";
      const strike = (): "end" | undefined => {
        const trouble = next;
        next = "none";
        if (trouble === "throw") throw new StoreError("ServiceUnavailable", "gone for a while");
        if (trouble === "expire") throw expired("too old");
        return trouble === "end" ? "end" : undefined;
      };
      const seen = new Recorder(
        troubled(store, { list: () => void strike(), watch: () => void strike(), event: strike }),
      );
      for (const { name, size, trouble } of steps) {
        next = trouble;
        const object = thing(name, { size });
        if (size === 0) await store.delete(things, at(name)).catch(() => {});
        else await store.update(things, object).catch(() => store.create(things, object));
      }
      next = "none";
      const { items } = await store.list<Thing>(things);
      const wanted = items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
      const known = (): string[] =>
        [...seen.state.values()].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
      await eventually(async () => seen.syncs === 1 && known().join() === wanted.join());
      await seen.stop();
      assert.equal(seen.syncs, 1);
      store.close();
    }),
    { numRuns: 30 },
  );
});
