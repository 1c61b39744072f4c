import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { type Rejected, wireRejections } from "./rejections.ts";

const reviews = { kind: "networking.istio.io/VirtualService", namespace: "default", name: "reviews" };

function rejected(pod: string, message: string, origin = reviews): Rejected {
  return { origin, proxy: `${pod}.default`, message };
}

function world() {
  const graph = new Graph();
  const reports = graph.input<readonly Rejected[]>("rejection reports");
  const pods = graph.input<true>("pods");
  for (const name of ["istiod-a", "istiod-b"]) pods.set(name, true);
  const rows = wireRejections(graph, reports, (replica, read) => read.get(pods, replica) === true);
  const messages = (): string[] => [...rows.entries()].map(([, row]) => row.status.conditions[0]?.message ?? "");
  return { reports, pods, messages };
}

test("what proxies of several control planes rejected is one condition, and goes with the last of them", () => {
  const { reports, pods, messages } = world();
  reports.set("istiod-a", [rejected("p1", "r: no"), rejected("p2", "r: no")]);
  reports.set("istiod-b", [rejected("p3", "r: no"), rejected("p4", "r: never")]);
  assert.deepEqual(messages(), [
    "rejected by p1.default, p2.default, p3.default and 1 more, where the last good configuration stays in force: r: never; r: no",
  ]);
  pods.delete("istiod-a");
  assert.match(messages()[0] ?? "", /^rejected by p3\.default, p4\.default, /);
  reports.set("istiod-b", []);
  assert.deepEqual(messages(), []);
});

test("what came from objects without such a status is left out", () => {
  const { reports, messages } = world();
  reports.set("istiod-a", [rejected("p1", "no", { kind: "Service", namespace: "default", name: "reviews" })]);
  assert.deepEqual(messages(), []);
});
