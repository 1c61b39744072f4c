import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { at, openStore, thing, things } from "../embedded/testing.ts";
import { valueAt } from "./paths.ts";
import { schemaCheck } from "./schema-check.ts";
import { unknownFields } from "./unknown-fields.ts";

const refusal = (reason: string, message: string | RegExp) => ({ name: "StoreError", reason, message });

test("a refused object names kind, field, value and reason, as kubectl shows it", async () => {
  const store = await openStore();
  await assert.rejects(
    store.create(things, thing("a", { size: 13 })),
    refusal(
      "Invalid",
      'Thing.test.lateen.dev "a" is invalid: spec.size: Invalid value: 13: is unlucky (LTN9999); take 12 or 14',
    ),
  );
  await assert.rejects(
    store.create(things, thing("a", { size: "big", color: "green", ports: [{ name: "x" }] })),
    refusal(
      "Invalid",
      'Thing.test.lateen.dev "a" is invalid: [spec.size: Invalid value: "big": must be of type integer, spec.ports[0].port: Required value, spec.color: Unsupported value: "green": supported values: "red", "blue"]',
    ),
  );
  await store.create(things, thing("a"));
  await assert.rejects(store.update(things, thing("a", { size: -1 })), {
    causes: [
      {
        reason: "FieldValueInvalid",
        field: "spec.size",
        message: "Invalid value: -1: must be greater than or equal to 0",
      },
    ],
    details: { group: "test.lateen.dev", kind: "Thing", name: "a" },
  });
});

test("an unknown field is refused with what may have been meant, or dropped with or without a warning", async () => {
  const store = await openStore();
  const misspelt = thing("a", { sise: 3, ports: [{ port: 1, nmae: "x" }] });
  await assert.rejects(
    store.create(things, misspelt),
    refusal(
      "BadRequest",
      'Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.sise"; did you mean "size"?, unknown field "spec.ports[0].nmae"; did you mean "name"?',
    ),
  );
  const warnings: string[] = [];
  const warn = (text: string): unknown => warnings.push(text);
  const kept = await store.create(things, misspelt, { fieldValidation: "Warn", warn });
  assert.deepEqual(kept.spec, { size: 1, ports: [{ port: 1 }] });
  assert.equal(warnings.length, 2);
  await store.update(things, { ...thing("a"), extra: true }, { fieldValidation: "Ignore", warn });
  assert.equal((await store.get(things, at("a"))).extra, undefined);
  assert.equal(warnings.length, 2);
  await assert.rejects(store.create(things, thing("b", {}, { lables: { a: "b" } })), /unknown field "metadata.lables"/);
});

test("what is allowed but likely a mistake is a warning", async () => {
  const store = await openStore();
  const warnings: string[] = [];
  await store.create(things, thing("a", { size: 0 }), { warn: (text) => warnings.push(text) });
  assert.deepEqual(warnings, ["spec.size: nothing will be there (LTN9998)"]);
});

test("names, labels and annotations follow Kubernetes' rules", async () => {
  const store = await openStore();
  await assert.rejects(
    store.create(things, thing("Upper")),
    /metadata.name: Invalid value: "Upper": a lowercase RFC 1123 subdomain must consist/,
  );
  await assert.rejects(
    store.create(things, thing("")),
    /metadata.name: Required value: name or generateName is required/,
  );
  await assert.rejects(
    store.create(things, thing("a", {}, { labels: { "a b": "c" } })),
    /metadata.labels: Invalid value: "a b": name part/,
  );
  await assert.rejects(
    store.create(things, thing("a", {}, { labels: { a: "c!" } })),
    /metadata.labels: Invalid value: "c!": a valid label must be/,
  );
  await assert.rejects(
    store.create(things, thing("a", {}, { annotations: { "/x": "" } })),
    /prefix part must be non-empty/,
  );
  await store.create(
    things,
    thing("a.b-c", {}, { labels: { "x.dev/a_b": "V.1" }, annotations: { "x.dev/A": "any thing" } }),
  );
});

test("a label that YAML reads as a number gets its remedy", async () => {
  const store = await openStore();
  await assert.rejects(
    store.create(things, thing("a", {}, { labels: { version: 1 } })),
    refusal(
      "Invalid",
      'Thing.test.lateen.dev "a" is invalid: metadata.labels.version: Invalid value: 1: must be of type string; put it in quotes',
    ),
  );
});

test("fields that are null are as good as absent", async () => {
  const store = await openStore();
  const created = await store.create(things, thing("a", { size: null, color: "red" }, { creationTimestamp: null }));
  assert.deepEqual(created.spec, { color: "red", size: 1 });
});

const match = Type.Union([
  Type.Object({ type: Type.Literal("Exact"), value: Type.String() }),
  Type.Object({ type: Type.Literal("Range"), from: Type.Integer(), to: Type.Integer() }),
]);

test("of a union the errors of the form that was meant are shown", () => {
  const check = schemaCheck(Type.Object({ match: Type.Union([match, Type.String()]) }));
  assert.deepEqual(check({ match: { type: "Exact", value: "x" } }), []);
  assert.deepEqual(check({ match: { type: "Range", from: 1 } }), [
    { reason: "FieldValueRequired", field: "match.to", message: "Required value" },
  ]);
  assert.deepEqual(
    check({ match: 3 }).map(({ message }) => message),
    ["Invalid value: 3: fits none of the allowed forms"],
  );
});

test("a field is known when any form of a union knows it", () => {
  const schema = Type.Object({
    list: Type.Array(match),
    free: Type.Optional(Type.Unknown()),
    map: Type.Record(Type.String(), match),
  });
  const value = { list: [{ type: "Range", from: 1, value: "" }], free: { any: { thing: 1 } }, map: { k: { form: 1 } } };
  assert.deepEqual(
    unknownFields(schema, value).map(({ path, meant }) => ({ path, meant })),
    [{ path: "map.k.form", meant: "from" }],
  );
});

test("a field path leads to its value", () => {
  const object = { spec: { http: [{ headers: { "x.y/z": 1 } }] } };
  assert.equal(valueAt(object, "spec.http[0].headers[x.y/z]"), 1);
  assert.equal(valueAt(object, "spec.tcp[0]"), undefined);
});
