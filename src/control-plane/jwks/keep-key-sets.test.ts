import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import type { KeySetSource } from "../../mesh/security/request-authentication.ts";
import { keepKeySets } from "./keep-key-sets.ts";

const source = (url: string): KeySetSource => ({ from: "Uri", url, timeoutMs: 1_000 });

/** `answers`: by URL, what each further fetch of it gives; the last one again and again. An Error fails. */
function world(
  t: TestContext,
  answers: Record<string, (string | Error)[]>,
  times = { refreshMs: 5, retryMs: 1 },
  hold?: (url: string, fetched: number) => Promise<void> | undefined,
) {
  const graph = new Graph();
  const wanted = graph.input<KeySetSource>("wanted");
  const inputs = { keySets: graph.input<string>("sets"), keySetProblems: graph.input<string>("problems") };
  const fetched: string[] = [];
  const errors: string[] = [];
  let open = 0;
  let mostOpen = 0;
  const stop = new AbortController();
  t.after(() => stop.abort());
  const keep = () =>
    keepKeySets({
      graph,
      inputs,
      wanted,
      fetchKeySet: async ({ url }) => {
        fetched.push(url);
        mostOpen = Math.max(mostOpen, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        await hold?.(url, fetched.filter((each) => each === url).length);
        open--;
        const list = answers[url] ?? [];
        const answer = list.length > 1 ? list.shift() : list[0];
        if (typeof answer === "string") return answer;
        throw answer ?? new Error("nothing there");
      },
      signal: stop.signal,
      onError: (error) => errors.push(String(error)),
      ...times,
    });
  return { graph, wanted, inputs, fetched, errors, stop, keep, mostOpen: () => mostOpen };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("what is wanted is fetched, is tried once when it says so, and is fetched again", async (t) => {
  const { wanted, inputs, keep } = world(t, { a: ["old", "new"], b: [new Error("down")] });
  wanted.set("a", source("a"));
  wanted.set("b", source("b"));
  await keep().tried;
  assert.deepEqual([inputs.keySets.get("a"), inputs.keySets.get("b")], ["old", undefined]);
  assert.match(inputs.keySetProblems.get("b") ?? "", /down/);
  await until(() => inputs.keySets.get("a") === "new");
});

test("while fetching fails the last good set stays in force, and it is said once", async (t) => {
  const { wanted, inputs, fetched, errors, keep } = world(t, { a: ["good", new Error("down")] });
  wanted.set("a", source("a"));
  await keep().tried;
  await until(() => fetched.length > 4);
  assert.equal(inputs.keySets.get("a"), "good");
  assert.match(inputs.keySetProblems.get("a") ?? "", /down/);
  assert.deepEqual(errors, ["Error: down"]);
});

test("what comes back has no problem any more", async (t) => {
  const { wanted, inputs, keep } = world(t, { a: [new Error("down"), new Error("down"), "good"] });
  wanted.set("a", source("a"));
  await keep().tried;
  await until(() => inputs.keySets.get("a") === "good");
  assert.equal(inputs.keySetProblems.get("a"), undefined);
});

test("what comes to be wanted later is fetched, and what nobody wants any more is forgotten", async (t) => {
  const { wanted, inputs, fetched, keep } = world(t, { a: ["keys"], b: ["others"] });
  await keep().tried;
  wanted.set("a", source("a"));
  await until(() => inputs.keySets.get("a") === "keys");
  wanted.delete("a");
  await until(() => inputs.keySets.get("a") === undefined);
  wanted.set("b", source("b"));
  await until(() => inputs.keySets.get("b") === "others");
  const before = fetched.filter((url) => url === "a").length;
  await until(() => fetched.filter((url) => url === "b").length > 3);
  assert.equal(fetched.filter((url) => url === "a").length, before);
});

test("an equal set recomputes nothing", async (t) => {
  const { graph, wanted, inputs, fetched, keep } = world(t, { a: ["keys"] });
  let computed = 0;
  graph.derive("listeners", inputs.keySets, () => ++computed);
  wanted.set("a", source("a"));
  await keep().tried;
  await until(() => fetched.length > 3);
  assert.equal(computed, 1);
});

const SELDOM = { refreshMs: 3_600_000, retryMs: 3_600_000 };

test("a retry asks at once for what failed, and for nothing else", async (t) => {
  const { wanted, inputs, fetched, keep } = world(t, { a: ["keys"], b: [new Error("refused"), "keys"] }, SELDOM);
  wanted.set("a", source("a"));
  wanted.set("b", source("b"));
  const kept = keep();
  await kept.tried;
  kept.retry();
  await until(() => inputs.keySets.get("b") === "keys");
  assert.deepEqual(fetched, ["a", "b", "b"]);
});

test("sources that failed and now hang keep no others waiting", async (t) => {
  const hanging = Array.from({ length: 40 }, (_, i) => `h${i}`);
  const { wanted, inputs, fetched, keep } = world(
    t,
    { good: ["keys"] },
    { refreshMs: 3_600_000, retryMs: 1 },
    (url, times) => (url !== "good" && times > 1 ? new Promise(() => {}) : undefined),
  );
  for (const name of hanging) wanted.set(name, source(name));
  await keep().tried;
  await until(() => fetched.length === hanging.length + 4);
  wanted.set("good", source("good"));
  await until(() => inputs.keySets.get("good") === "keys");
});

test("many sources are not asked all at once", async (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `u${i}`);
  const { wanted, inputs, keep, mostOpen } = world(t, Object.fromEntries(names.map((name) => [name, ["keys"]])));
  for (const name of names) wanted.set(name, source(name));
  await keep().tried;
  assert.equal(names.filter((name) => inputs.keySets.get(name) === "keys").length, 40);
  assert.equal(mostOpen(), 16);
});
