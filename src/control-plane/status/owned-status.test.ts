import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../store/object.ts";
import { ownsMore } from "./owned-status.ts";

const condition = (type: string) => ({ type, status: "False" });

function object(conditions: object, types: readonly string[]): KubeObject {
  const fieldsV1 = { "f:status": { "f:conditions": conditions } };
  const entry = { manager: "lateen", operation: "Apply", subresource: "status", fieldsV1 };
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "a", managedFields: [entry] },
    status: { conditions: types.map(condition) },
  };
}

test("a list with keys is owned condition by condition", () => {
  const ours = object({ 'k:{"type":"Ours"}': {} }, ["Ours", "Theirs"]);
  assert.equal(ownsMore(ours, "lateen", { conditions: [condition("Ours")] }), false);
  assert.equal(ownsMore(ours, "lateen", {}), true);
  assert.equal(ownsMore(ours, "others", {}), false);
});

test("a list without keys is owned as a whole", () => {
  const ours = object({}, ["Ours"]);
  assert.equal(ownsMore(ours, "lateen", { conditions: [condition("Ours")] }), false);
  assert.equal(ownsMore(ours, "lateen", {}), true);
});
