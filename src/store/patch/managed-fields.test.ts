import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { equal } from "../../engine/equal.ts";
import type { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import { difference, type FieldSet, fromFieldsV1, intersection, sameSet, toFieldsV1, union } from "./field-set.ts";
import { applyConfiguration, trackUpdate } from "./managed-fields.ts";
import { shapesOf } from "./shapes.ts";

const shapes = shapesOf({
  type: { group: "test.dev", plural: "things" },
  listMapKeys: { "spec.ports": ["port", "protocol"], "spec.names": [] },
});

const object = (spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: "test.dev/v1",
  kind: "Thing",
  metadata: { name: "x", ...metadata },
  spec,
});

const writer = (manager: string) => ({ manager, apiVersion: "test.dev/v1", time: "2026-01-01T00:00:00Z" });

function apply(live: KubeObject | undefined, manager: string, spec: object, force = false): KubeObject {
  return applyConfiguration(live, object(spec), writer(manager), force, shapes);
}

function owned(of: KubeObject, manager: string): unknown {
  for (const entry of of.metadata.managedFields ?? []) {
    if (typeof entry === "object" && entry !== null && Reflect.get(entry, "manager") === manager) {
      return Reflect.get(entry, "fieldsV1");
    }
  }
  return undefined;
}

test("what is applied is owned, item by item", () => {
  const live = apply(undefined, "me", {
    size: 1,
    ports: [{ port: 80, name: "http" }],
    names: ["b"],
    other: [{ a: 1 }],
  });
  assert.deepEqual(owned(live, "me"), {
    "f:spec": {
      "f:size": {},
      "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:name": {} } },
      "f:names": { 'v:"b"': {} },
      "f:other": {},
    },
  });
});

test("a field that is no longer applied goes, one that another owns stays", () => {
  const mine = apply(undefined, "me", { size: 1, color: "red", ports: [{ port: 80 }, { port: 81 }] });
  const both = apply(mine, "you", { color: "red", ports: [{ port: 81, name: "x" }] });
  assert.deepEqual(both.spec, { size: 1, color: "red", ports: [{ port: 80 }, { port: 81, name: "x" }] });
  const less = apply(both, "me", { size: 2 });
  assert.deepEqual(less.spec, { size: 2, color: "red", ports: [{ port: 81, name: "x" }] });
  assert.deepEqual(owned(less, "me"), { "f:spec": { "f:size": {} } });
});

test("an item goes with the defaults that nobody owns; an item that another has a part in keeps its keys", () => {
  const applied = apply(undefined, "me", {
    ports: [
      { port: 80, name: "http" },
      { port: 81, name: "more" },
    ],
  });
  const defaulted = {
    ...applied,
    spec: {
      ports: [
        { port: 80, name: "http", protocol: "TCP" },
        { port: 81, name: "more" },
      ],
    },
  };
  const touched = trackUpdate(
    defaulted,
    {
      ...defaulted,
      spec: {
        ports: [
          { port: 80, name: "http", protocol: "TCP" },
          { port: 81, name: "more", weight: 1 },
        ],
      },
    },
    writer("you"),
    shapes,
  );
  assert.deepEqual(apply(touched, "me", {}).spec, { ports: [{ port: 81, weight: 1 }] });
});

test("changing what another owns is a conflict, in kubectl's words, unless it is forced", () => {
  const theirs = apply(undefined, "you", { size: 1, ports: [{ port: 80, name: "a" }] });
  assert.throws(() => apply(theirs, "me", { size: 2 }), {
    reason: "Conflict",
    message: 'Apply failed with 1 conflict: conflict with "you": .spec.size',
  });
  assert.throws(
    () => apply(theirs, "me", { size: 2, ports: [{ port: 80, name: "b" }] }),
    (error: StoreError) => {
      assert.equal(
        error.message,
        'Apply failed with 2 conflicts: conflicts with "you":\n- .spec.size\n- .spec.ports[port=80,protocol="TCP"].name',
      );
      assert.equal(error.causes[0]?.reason, "FieldManagerConflict");
      return true;
    },
  );
  const forced = apply(theirs, "me", { size: 2 }, true);
  assert.deepEqual(forced.spec, { size: 2, ports: [{ port: 80, name: "a" }] });
  assert.equal(Reflect.has(Object(Reflect.get(Object(owned(forced, "you")), "f:spec")), "f:size"), false);
  assert.deepEqual(apply(theirs, "me", { size: 1 }).spec, theirs.spec);
});

test("an update takes over what it changes, and only that", () => {
  const created = trackUpdate(undefined, object({ size: 1, color: "red" }), writer("create"), shapes);
  const edited = trackUpdate(created, { ...created, spec: { size: 2, color: "red" } }, writer("edit"), shapes);
  assert.deepEqual(owned(edited, "create"), { "f:spec": { ".": {}, "f:color": {} } });
  assert.deepEqual(owned(edited, "edit"), { "f:spec": { "f:size": {} } });
  const without = trackUpdate(edited, { ...edited, spec: { color: "red" } }, writer("edit"), shapes);
  assert.equal(owned(without, "edit"), undefined);
});

test("the list of managers stays short", () => {
  let live = object({});
  for (let i = 0; i < 30; i++) {
    const spec = { ...Object(live.spec), [`f${i}`]: i };
    live = trackUpdate(live, { ...live, spec }, writer(`m${i}`), shapes);
  }
  assert.equal(live.metadata.managedFields?.length, 10);
});

test("duplicate keys in an applied list are refused", () => {
  assert.throws(() => apply(undefined, "me", { ports: [{ port: 1 }, { port: 1 }] }), /spec.ports: duplicate entries/);
});

const ports = fc.uniqueArray(
  fc.record(
    { port: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom("a", "b"), weight: fc.integer({ min: 1, max: 2 }) },
    { requiredKeys: ["port"], noNullPrototype: true },
  ),
  { selector: (port) => port.port, maxLength: 3 },
);

const spec = fc.record(
  {
    size: fc.integer({ min: 1, max: 3 }),
    nested: fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    ports,
    names: fc.uniqueArray(fc.constantFrom("x", "y", "z"), { maxLength: 2 }),
    list: fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test("applying twice changes nothing the second time", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("me", "you"), spec), { minLength: 1, maxLength: 6 }), (steps) => {
      let live: KubeObject | undefined;
      for (const [manager, one] of steps) {
        live = apply(live, manager, one, true);
        assert.ok(equal(apply(live, manager, one, true), live));
        assert.ok(equal(apply(live, manager, one), live));
      }
    }),
  );
});

test("with one manager the object is always what was applied last", () => {
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 6 }), (specs) => {
      let live: KubeObject | undefined;
      for (const one of specs) live = apply(live, "me", one);
      const fresh = apply(undefined, "me", specs.at(-1) ?? {});
      assert.deepEqual(live?.spec ?? {}, fresh.spec ?? {});
    }),
  );
});

test("who applies always gets what they applied, and what they own covers it", () => {
  fc.assert(
    fc.property(spec, spec, (theirs, mine) => {
      const live = apply(apply(undefined, "you", theirs), "me", mine, true);
      const again = apply(live, "you", {});
      assert.deepEqual(again.spec ?? {}, apply(undefined, "me", mine).spec ?? {});
    }),
  );
});

const set: fc.Arbitrary<FieldSet> = fc
  .letrec<{ fields: object }>((tie) => ({
    fields: fc.dictionary(
      fc.constantFrom("f:a", "f:b", 'v:"c"'),
      fc.oneof({ maxDepth: 3 }, fc.constant({}), tie("fields")),
      {
        maxKeys: 3,
      },
    ),
  }))
  .fields.map(fromFieldsV1);

test("field sets obey the laws of sets and survive being written down", () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      assert.ok(sameSet(fromFieldsV1(toFieldsV1(a)), a));
      assert.ok(sameSet(union(a, b), union(b, a)));
      assert.ok(sameSet(union(difference(a, b), intersection(a, b)), a));
      assert.ok(sameSet(difference(difference(a, b), b), difference(a, b)));
    }),
  );
});
