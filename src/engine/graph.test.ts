import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Collection } from "./collection.ts";
import { Graph } from "./graph.ts";
import type { PassReport } from "./types.ts";

/** A small mesh-like wiring: every way of reading (source, key, absent key, bucket, all, index as source, many rows). */
function wire() {
  const graph = new Graph();
  const services = graph.input<{ host: string; team: string }>("services");
  const rules = graph.input<{ host: string; weight: number }>("rules");
  const settings = graph.input<{ scale: number }>("settings");
  const ruleByHost = graph.index(rules, "host", (rule) => [rule.host]);
  const policy = graph.derive("policy", ruleByHost, (_host, rows) => {
    const [first] = rows.values();
    return first && { weight: first.weight, of: rows.size };
  });
  const cluster = graph.derive("cluster", services, (key, service, read) => {
    const scale = read.get(settings, "mesh")?.scale ?? 1;
    const found = read.get(policy, service.host);
    const missing = read.get(settings, `override-${key}`);
    return { host: service.host, weight: (found?.weight ?? 1) * scale, overridden: missing !== undefined };
  });
  const byWeight = graph.index(cluster, "weight", (row) => [String(row.weight % 3)]);
  const teams = graph.deriveMany("teams", services, (key, service, read) => [
    [service.team, { lead: key, heavy: read.bucket(byWeight, "0").size }],
    [`${service.team}/${service.host}`, { lead: key, heavy: -1 }],
  ]);
  const total = graph.derive("total", settings, (_key, setting, read) => {
    let sum = 0;
    for (const row of read.all(cluster).values()) sum += row.weight;
    return sum === 0 ? undefined : { sum: sum * setting.scale };
  });
  return { graph, services, rules, settings, derived: [policy, cluster, teams, total], cluster, teams };
}

type Step =
  | { to: "services"; key: string; value: { host: string; team: string } | undefined }
  | { to: "rules"; key: string; value: { host: string; weight: number } | undefined }
  | { to: "settings"; key: string; value: { scale: number } | undefined };

const key = fc.constantFrom("a", "b", "c", "d");
const host = fc.constantFrom("h1", "h2", "h3");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    to: fc.constant("services" as const),
    key,
    value: fc.option(fc.record({ host, team: fc.constantFrom("x", "y") }), { nil: undefined }),
  }),
  fc.record({
    to: fc.constant("rules" as const),
    key,
    value: fc.option(fc.record({ host, weight: fc.integer({ min: 0, max: 4 }) }), { nil: undefined }),
  }),
  fc.record({
    to: fc.constant("settings" as const),
    key: fc.constantFrom("mesh", "override-a", "override-b"),
    value: fc.option(fc.record({ scale: fc.integer({ min: 0, max: 3 }) }), { nil: undefined }),
  }),
);

function apply(world: ReturnType<typeof wire>, { to, key, value }: Step): void {
  if (value === undefined) world[to].delete(key);
  else if (to === "services") world.services.set(key, value);
  else if (to === "rules") world.rules.set(key, value);
  else world.settings.set(key, value);
}

const contents = (world: ReturnType<typeof wire>) =>
  world.derived.map((collection) => [...collection.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));

test("after any sequence of changes, in any batches, the incremental result equals the result from scratch", () => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), (batches) => {
      const world = wire();
      for (const batch of batches) {
        world.graph.batch(() => {
          for (const change of batch) apply(world, change);
        });
        const fresh = wire();
        fresh.graph.batch(() => {
          for (const [name, input] of [
            ["services", world.services],
            ["rules", world.rules],
            ["settings", world.settings],
          ] as const) {
            for (const [k, value] of input.entries()) apply(fresh, { to: name, key: k, value } as Step);
          }
        });
        assert.deepEqual(contents(world), contents(fresh));
      }
    }),
    { numRuns: 300 },
  );
});

test("what listeners hear adds up to the contents", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const world = wire();
      const heard = new Map<string, unknown>();
      world.graph.onChange(world.cluster, (changes) => {
        for (const [k, { before, after }] of changes) {
          assert.deepEqual(heard.get(k), before);
          assert.notDeepEqual(before, after);
          if (after === undefined) heard.delete(k);
          else heard.set(k, after);
        }
      });
      for (const change of steps) apply(world, change);
      assert.deepEqual(heard, new Map(world.cluster.entries()));
    }),
  );
});

function counted() {
  const world = wire();
  const reports: PassReport[] = [];
  world.graph.onPass((report) => reports.push(report));
  world.graph.batch(() => {
    for (let i = 0; i < 100; i++) world.services.set(`s${i}`, { host: `h${i}`, team: `t${i}` });
  });
  reports.length = 0;
  return { ...world, reports };
}

test("a change recomputes only the rows that read what changed", () => {
  const { rules, reports, cluster } = counted();
  rules.set("r", { host: "h7", weight: 5 });
  assert.equal(cluster.get("s7")?.weight, 5);
  const work = Object.fromEntries(reports.flatMap((r) => r.collections).map((c) => [c.name, c]));
  assert.equal(work.cluster?.recomputed, 1);
  assert.equal(work.policy?.recomputed, 1);
});

test("a row that comes out equal stops the change there", () => {
  const { rules, reports } = counted();
  rules.set("r", { host: "h7", weight: 1 }); // policy appears, but the cluster's weight was 1 already
  const names = reports.flatMap((r) => r.collections).map((c) => `${c.name} ${c.recomputed}/${c.changed}`);
  assert.deepEqual(names, ["rules 0/1", "policy 1/1", "cluster 1/0"]);
});

test("reading an absent key is remembered: the row is recomputed when the key comes to be", () => {
  const { graph, services, settings, cluster } = wire();
  services.set("a", { host: "h1", team: "x" });
  assert.equal(cluster.get("a")?.overridden, false);
  settings.set("override-a", { scale: 1 });
  assert.equal(cluster.get("a")?.overridden, true);
  assert.deepEqual(graph.explain(cluster, "a")?.causes, [
    { collection: "settings", key: "override-a", via: "read", change: "added" },
  ]);
});

test("an explanation leads from a row back to the input that changed", () => {
  const { graph, services, rules, cluster } = wire();
  services.set("a", { host: "h1", team: "x" });
  rules.set("r", { host: "h1", weight: 9 });
  const why = graph.explain(cluster, "a");
  assert.deepEqual(
    why?.causes.map(({ because, ...cause }) => [cause, because?.causes[0]]),
    [
      [
        { collection: "policy", key: "h1", via: "read", change: "added" },
        { collection: "rules", key: "r", via: "source", change: "added" },
      ],
    ],
  );
  assert.equal(graph.explain(cluster, "never"), undefined);
});

test("a transform that throws keeps its last good row, says so, and leaves its neighbours alone", () => {
  const graph = new Graph();
  const input = graph.input<number>("numbers");
  const roots = graph.derive("roots", input, (key, n) => {
    if (n < 0) throw new Error(`${key} is negative`);
    return Math.sqrt(n);
  });
  graph.batch(() => {
    input.set("a", 4);
    input.set("b", 9);
  });
  graph.batch(() => {
    input.set("a", -1);
    input.set("b", 16);
  });
  assert.deepEqual(
    [...roots.entries()],
    [
      ["a", 2],
      ["b", 4],
    ],
  );
  assert.match(String(graph.failures()[0]?.error), /a is negative/);
  input.set("a", 1);
  assert.deepEqual(graph.failures(), []);
  assert.equal(roots.get("a"), 1);
});

test("a collection may not read one that is wired after it, so there are no cycles", () => {
  const graph = new Graph();
  const input = graph.input<number>("numbers");
  const early: Collection<number> = graph.derive("early", input, (key, _n, read) => read.get(late, key));
  const late: Collection<number> = graph.derive("late", early, (_key, n) => n);
  input.set("a", 1);
  assert.match(String(graph.failures()[0]?.error), /early reads late, which is wired after it/);
});

test("a transform may not change an input", () => {
  const graph = new Graph();
  const input = graph.input<number>("numbers");
  graph.derive("bad", input, () => {
    input.set("b", 1);
    return 1;
  });
  input.set("a", 1);
  assert.equal(input.get("b"), undefined);
  assert.match(String(graph.failures()[0]?.error), /must not change an input/);
});

test("two collections may not share a name", () => {
  const graph = new Graph();
  graph.input("numbers");
  assert.throws(() => graph.input("numbers"), /two collections named numbers/);
});

test("rows that are gone leave no trace in what they read", () => {
  const { services, settings, reports } = counted();
  for (let i = 0; i < 100; i++) services.delete(`s${i}`);
  reports.length = 0;
  settings.set("mesh", { scale: 2 });
  assert.deepEqual(
    reports.flatMap((r) => r.collections).map((c) => [c.name, c.recomputed]),
    [
      ["settings", 0],
      ["total", 1],
    ],
  );
});
