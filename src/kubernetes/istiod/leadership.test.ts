import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { aborted } from "../../control-plane/lead.ts";
import { type Election, leadership } from "./leadership.ts";

function world() {
  const events: string[] = [];
  let win: (signal: AbortSignal) => Promise<void> = async () => {};
  const mesh: Election = async (work, signal) => {
    win = work;
    await aborted(signal);
    events.push("given back");
  };
  const held = leadership({ mesh, revision: async () => {} }, (error) => assert.fail(String(error)));
  const work = (name: string) => async (signal: AbortSignal) => {
    events.push(`${name} begins`);
    await aborted(signal);
    events.push(`${name} ends`);
  };
  return { events, held, work, win: (signal: AbortSignal) => win(signal) };
}

test("works begin when the election is won, those that come later at once, and end with the term", async () => {
  const { events, held, work, win } = world();
  const [term, stop] = [new AbortController(), new AbortController()];
  const first = held.lead("mesh", work("first"), stop.signal);
  await turn();
  assert.deepEqual(events, []);
  const won = win(term.signal);
  const second = held.lead("mesh", work("second"), stop.signal);
  await turn();
  assert.deepEqual(events, ["first begins", "second begins"]);
  term.abort();
  await won;
  assert.deepEqual(events.slice(2), ["first ends", "second ends"]);
  void win(new AbortController().signal);
  await turn();
  assert.deepEqual(events.slice(4), ["first begins", "second begins"]);
  stop.abort();
  await Promise.all([first, second]);
  await held.close();
  assert.deepEqual(events.slice(6), ["first ends", "second ends", "given back"]);
});

test("a work whose own time is over ends while the term goes on", async () => {
  const { events, held, work, win } = world();
  const stop = new AbortController();
  void win(new AbortController().signal);
  const done = held.lead("mesh", work("it"), stop.signal);
  stop.abort();
  await done;
  assert.deepEqual(events, ["it begins", "it ends"]);
  await held.close();
});
