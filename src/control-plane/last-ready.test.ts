import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { Graph } from "../engine/graph.ts";
import type { EndpointSliceObject } from "../mesh/kubernetes.ts";
import { holdLastReady } from "./last-ready.ts";

const READY = { ready: true, serving: true, terminating: false };
const UNREADY = { ready: false, serving: false, terminating: false };
const ENDING = { ready: false, serving: true, terminating: true };

const slice = (...conditions: object[]): EndpointSliceObject => ({
  metadata: { name: "s", namespace: "default" },
  endpoints: conditions.map((each, i) => ({ addresses: [`10.0.0.${i}`], conditions: each })),
});

describe("the last ready endpoints", () => {
  const graph = new Graph();
  const input = graph.input<EndpointSliceObject>("EndpointSlice");
  const stop = new AbortController();
  const rows = holdLastReady(input, { signal: stop.signal, holdMs: 1_000 });
  const ready = () => input.get("s")?.endpoints?.map(({ conditions }) => conditions?.ready);

  beforeEach(() => rows.delete("s"));

  it("stay while they are said not to be for a moment, and nothing changes", (test) => {
    test.mock.timers.enable({ apis: ["setTimeout"] });
    rows.set("s", slice(READY));
    rows.set("s", slice(UNREADY));
    assert.deepEqual(input.get("s"), slice(READY));
    rows.set("s", slice(READY));
    test.mock.timers.tick(5_000);
    assert.deepEqual(ready(), [true]);
  });

  it("go when they are not ready for longer, however often it is said", (test) => {
    test.mock.timers.enable({ apis: ["setTimeout"] });
    rows.set("s", slice(READY, READY));
    rows.set("s", slice(UNREADY, READY));
    assert.deepEqual(ready(), [false, true]);
    rows.set("s", slice(UNREADY, UNREADY));
    assert.deepEqual(ready(), [false, true]);
    test.mock.timers.tick(900);
    rows.set("s", slice(UNREADY, UNREADY, UNREADY));
    assert.deepEqual(ready(), [false, true, false]);
    test.mock.timers.tick(100);
    assert.deepEqual(ready(), [false, false, false]);
  });

  it("do not stay when they end, are gone, or were never ready", () => {
    rows.set("s", slice(READY));
    rows.set("s", slice(ENDING));
    assert.deepEqual(ready(), [false]);
    rows.set("s", slice(READY));
    rows.set("s", slice());
    assert.deepEqual(ready(), []);
    rows.set("s", slice(UNREADY));
    assert.deepEqual(ready(), [false]);
  });

  it("are those of which nothing is said, too", () => {
    rows.set("s", slice({}));
    rows.set("s", slice(UNREADY));
    assert.deepEqual(input.get("s"), slice({}));
    rows.set("s", slice(UNREADY, {}));
    assert.deepEqual(ready(), [false, undefined]);
  });

  it("are forgotten with their EndpointSlice", (test) => {
    test.mock.timers.enable({ apis: ["setTimeout"] });
    rows.set("s", slice(READY));
    rows.set("s", slice(UNREADY));
    rows.delete("s");
    test.mock.timers.tick(5_000);
    assert.equal(input.get("s"), undefined);
  });
});
