import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { equal } from "../../engine/equal.ts";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import { shapesOf } from "./shapes.ts";
import { strategicPatch } from "./strategic.ts";

const shapes = shapesOf({ type: { group: "apps", plural: "deployments" } });
const inPod = (spec: object): Record<string, unknown> => ({ spec: { template: { spec } } });
const strategic = (target: object, patch: object): unknown => strategicPatch(inPod(target), inPod(patch), shapes);

test("a merge patch merges objects, removes nulls and replaces the rest", () => {
  const target = { a: { b: 1, c: [1, 2] }, d: "x" };
  assert.deepEqual(mergePatch(target, { a: { b: null, c: [3], e: {} }, d: { f: null } }), {
    a: { c: [3], e: {} },
    d: {},
  });
  assert.deepEqual(target, { a: { b: 1, c: [1, 2] }, d: "x" });
});

/** Plain data without null: what a merge patch can produce. */
const data = fc.letrec<{ value: unknown; fields: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
    tie("fields"),
  ),
  fields: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__", "constructor"), tie("value"), { maxKeys: 3 }),
})).fields;

/** The merge patch that leads from one object to another. */
function difference(from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = Object.create(null);
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const before = Object.hasOwn(from, name) ? from[name] : undefined;
    const after = Object.hasOwn(to, name) ? to[name] : undefined;
    if (after === undefined) patch[name] = null;
    else if (isObject(before) && isObject(after)) patch[name] = difference(before, after);
    else if (JSON.stringify(before) !== JSON.stringify(after)) patch[name] = after;
  }
  return patch;
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("for any two objects the merge patch between them leads from one to the other", () => {
  fc.assert(
    fc.property(data, data, (from, to) => {
      assert.ok(equal(json(mergePatch(json(from), json(difference(from, to)))), json(to)));
    }),
  );
});

test("a strategic merge patch without lists and directives is a merge patch", () => {
  fc.assert(
    fc.property(data, data, (from, patch) => {
      const merged = strategicPatch(from, patch, shapesOf({ type: { group: "x.dev", plural: "xs" } }));
      assert.ok(equal(json(merged), json(mergePatch(from, patch))));
    }),
  );
});

test("a strategic merge patch merges containers by name and their lists by their keys", () => {
  const target = {
    containers: [
      { name: "a", image: "a:1", env: [{ name: "X", value: "1" }], ports: [{ containerPort: 80, name: "http" }] },
      { name: "b", image: "b:1", args: ["x"] },
    ],
  };
  const patch = {
    containers: [
      { name: "b", args: ["y", "z"] },
      { name: "a", env: [{ name: "Y", value: "2" }], ports: [{ containerPort: 80, name: "web" }] },
      { name: "c", image: "c:1" },
    ],
  };
  assert.deepEqual(
    strategic(target, patch),
    inPod({
      containers: [
        { name: "b", image: "b:1", args: ["y", "z"] },
        {
          name: "a",
          image: "a:1",
          env: [
            { name: "Y", value: "2" },
            { name: "X", value: "1" },
          ],
          ports: [{ containerPort: 80, name: "web" }],
        },
        { name: "c", image: "c:1" },
      ],
    }),
  );
});

test("$patch removes and replaces, $retainKeys keeps only what it names", () => {
  const target = {
    containers: [{ name: "a" }, { name: "b" }],
    volumes: [{ name: "v", emptyDir: {} }],
    nodeSelector: { x: "1" },
    securityContext: { runAsUser: 1, fsGroup: 2 },
  };
  const patch = {
    containers: [{ name: "a", $patch: "delete" }],
    volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }],
    nodeSelector: { $patch: "replace", y: "2" },
    securityContext: { $patch: "delete" },
  };
  assert.deepEqual(
    strategic(target, patch),
    inPod({
      containers: [{ name: "b" }],
      volumes: [{ name: "v", configMap: { name: "c" } }],
      nodeSelector: { y: "2" },
    }),
  );
  assert.deepEqual(
    strategic(target, { containers: [{ $patch: "replace" }, { name: "z", image: null }] }),
    inPod({ ...target, containers: [{ name: "z" }] }),
  );
});

test("$deleteFromPrimitiveList takes values out, $setElementOrder sorts", () => {
  const target = { metadata: { finalizers: ["a", "b", "c"] } };
  assert.deepEqual(strategicPatch(target, { metadata: { "$deleteFromPrimitiveList/finalizers": ["b"] } }, shapes), {
    metadata: { finalizers: ["a", "c"] },
  });
});

test("$setElementOrder sorts; an item that it does not name stays before the one that it was before", () => {
  const names = (...list: string[]): object => ({ containers: list.map((name) => ({ name })) });
  const order = (...list: string[]): object => ({ "$setElementOrder/containers": list.map((name) => ({ name })) });
  const target = names("a", "server", "b");
  const patch = { ...order("a", "new", "b"), ...names("new") };
  assert.deepEqual(strategic(target, patch), inPod(names("a", "new", "server", "b")));
  assert.deepEqual(strategic(target, order("b", "a")), inPod(names("server", "b", "a")));
});

test("a list of a kind that nothing is known of is replaced", () => {
  const open = shapesOf({ type: { group: "x.dev", plural: "xs" } });
  assert.deepEqual(strategicPatch({ spec: { list: [{ name: "a" }] } }, { spec: { list: [{ name: "b" }] } }, open), {
    spec: { list: [{ name: "b" }] },
  });
});

test("a JSON patch applies as a whole or not at all", () => {
  const target = { a: [1, 2], b: {} };
  assert.deepEqual(
    jsonPatch(target, [
      { op: "test", path: "/a/0", value: 1 },
      { op: "add", path: "/a/-", value: 3 },
      { op: "move", from: "/b", path: "/c" },
    ]),
    { a: [1, 2, 3], c: {} },
  );
  assert.throws(() => jsonPatch(target, [{ op: "test", path: "/a/0", value: 2 }]), { reason: "Invalid" });
  assert.throws(() => jsonPatch(target, [{ op: "remove", path: "/nothing" }]), { reason: "Invalid" });
  assert.throws(() => jsonPatch(target, [{ path: "/a" }]), { reason: "BadRequest" });
  assert.deepEqual(target, { a: [1, 2], b: {} });
});
