import assert from "node:assert/strict";
import { test } from "node:test";
import { says, timedStatus } from "./timed-status.ts";

const now = "2026-03-01T10:00:00Z";
const old = "2026-01-01T00:00:00Z";

test("a condition keeps its time while its status stays, whatever else changes", () => {
  const had = { conditions: [{ type: "Accepted", status: "True", reason: "A", lastTransitionTime: old }] };
  const same = timedStatus(had, { conditions: [{ type: "Accepted", status: "True", reason: "B" }] }, now);
  assert.deepEqual(same, { conditions: [{ type: "Accepted", status: "True", reason: "B", lastTransitionTime: old }] });
  assert.equal(says(had, same), false);
  const other = timedStatus(had, { conditions: [{ type: "Accepted", status: "False", reason: "B" }] }, now);
  assert.deepEqual(other, {
    conditions: [{ type: "Accepted", status: "False", reason: "B", lastTransitionTime: now }],
  });
});

test("conditions of other types are left to others; parents of other controllers come along", () => {
  const had = {
    conditions: [{ type: "Theirs", status: "True" }],
    parents: [{ controllerName: "them", parentRef: { name: "g" } }],
  };
  const wanted = {
    conditions: [{ type: "Ours", status: "True" }],
    parents: [{ controllerName: "istio.io/gateway-controller", parentRef: { name: "g" }, conditions: [] }],
  };
  assert.deepEqual(timedStatus(had, wanted, now), {
    conditions: [{ type: "Ours", status: "True", lastTransitionTime: now }],
    parents: [
      { controllerName: "them", parentRef: { name: "g" } },
      { controllerName: "istio.io/gateway-controller", parentRef: { name: "g" }, conditions: [] },
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
  assert.deepEqual(timedStatus(had, wanted, now), {
    listeners: [listener("a", "True", old), listener("b", "False", now)],
  });
});

test("entries of ours for parents that are no longer named go; empty lists are as good as none", () => {
  const had = { parents: [{ controllerName: "istio.io/gateway-controller", parentRef: { name: "g" } }] };
  assert.deepEqual(timedStatus(had, {}, now), { parents: [] });
  assert.equal(says(had, { parents: [] }), false);
  assert.equal(says(undefined, { parents: [] }), true);
});

test("a status says it already when its conditions are there among others'", () => {
  const ours = { type: "Ours", status: "True", lastTransitionTime: old };
  const had = { conditions: [{ type: "Theirs", status: "True" }, ours] };
  assert.equal(says(had, timedStatus(had, { conditions: [{ type: "Ours", status: "True" }] }, now)), true);
});
