import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";
import { limits, rollingStep, type Scaling, scaleAnnotations, scaleStep, total, wanted } from "./scaling.ts";

function deployment(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
    },
  };
}

function set(name: string, replicas: number, availableReplicas = replicas, of?: Deployment): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:0${name}Z`,
      ...(of && { annotations: scaleAnnotations(of) }),
    },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas },
  };
}

const shown = (step: Scaling[]) =>
  step.map(({ set: { metadata }, replicas }) => `${metadata.name}:${replicas}`).join(" ");

test("percentages are rounded up for the surge and down for what may be away, and never both come out as none", () => {
  assert.deepEqual(limits(deployment(10, "25%", "25%")), { surge: 3, unavailable: 2 });
  assert.deepEqual(limits(deployment(1, "25%", "25%")), { surge: 1, unavailable: 0 });
  assert.deepEqual(limits(deployment(3, 0, "10%")), { surge: 0, unavailable: 1 });
});

test("a rolling update goes up first, then down by what is available beyond the least", () => {
  const web = deployment(10, 3, 2);
  assert.equal(shown(rollingStep(web, set("2", 0), [set("1", 10)])), "2:3");
  assert.equal(shown(rollingStep(web, set("2", 3, 0), [set("1", 10)])), "1:8");
  assert.equal(shown(rollingStep(web, set("2", 5, 3), [set("1", 8)])), "1:5");
});

test("old pods that are not available go before those that are", () => {
  const web = deployment(4, 1, 0);
  assert.equal(shown(rollingStep(web, set("3", 1, 0), [set("1", 4), set("2", 0)])), "");
  const stuck = rollingStep(web, set("3", 1, 1), [set("1", 3), set("2", 1, 0)]);
  assert.equal(shown(stuck), "2:0");
});

test("scaling in the middle of a rollout keeps the proportion of old and new", () => {
  const before = deployment(10, 0, 2);
  const old = set("1", 8, 8, before);
  const young = set("2", 2, 2, before);
  assert.equal(shown(scaleStep(deployment(20, 0, 2), young, [old])), "1:16 2:4");
  assert.equal(shown(scaleStep(deployment(5, 0, 2), young, [old])), "1:4 2:1");
});

test("whatever the pods do, a rollout stays within its limits and comes to its end", () => {
  const cases = fc.record({
    replicas: fc.integer({ min: 1, max: 12 }),
    surge: fc.integer({ min: 0, max: 4 }),
    unavailable: fc.integer({ min: 0, max: 4 }),
    readiness: fc.infiniteStream(fc.boolean()),
  });
  fc.assert(
    fc.property(cases, ({ replicas, surge, unavailable, readiness }) => {
      const web = deployment(replicas, surge, unavailable);
      const bound = limits(web);
      const available = new Map([["1", replicas]]);
      const size = new Map([["1", replicas]]);
      const view = (name: string) => set(name, size.get(name) ?? 0, available.get(name) ?? 0);
      for (let i = 0; i < 200; i++) {
        const [young, old] = [view("2"), view("1")];
        for (const { set: changed, replicas: goal } of rollingStep(web, young, [old])) {
          const { name } = changed.metadata;
          const lost = Math.max(0, (size.get(name) ?? 0) - goal);
          const unready = (size.get(name) ?? 0) - (available.get(name) ?? 0);
          size.set(name, goal);
          // A ReplicaSet gives up pods that are not ready first.
          available.set(name, Math.min(goal, (available.get(name) ?? 0) - Math.max(0, lost - unready)));
        }
        const all = [view("1"), view("2")];
        assert.ok(total(all, wanted) <= replicas + bound.surge);
        assert.ok((available.get("1") ?? 0) + (available.get("2") ?? 0) >= replicas - bound.unavailable);
        if (readiness.next().value) available.set("2", Math.min(size.get("2") ?? 0, (available.get("2") ?? 0) + 1));
      }
      for (let i = 0; i < 100; i++) {
        available.set("2", size.get("2") ?? 0);
        for (const { set: changed, replicas: goal } of rollingStep(web, view("2"), [view("1")])) {
          size.set(changed.metadata.name, goal);
          available.set(changed.metadata.name, Math.min(goal, available.get(changed.metadata.name) ?? 0));
        }
      }
      assert.deepEqual([size.get("1"), size.get("2")], [0, replicas]);
    }),
    { numRuns: 200 },
  );
});
