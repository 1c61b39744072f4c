import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { aborted } from "../../control-plane/lead.ts";
import { elect } from "./election.ts";

function world(renewWithinMs = 10_000) {
  const events: string[] = [];
  const stop = new AbortController();
  let answer: () => boolean = () => true;
  const candidate = {
    attempt: async () => answer(),
    release: async () => void events.push("released"),
  };
  const done = elect(
    { candidate, retryMs: 2, renewWithinMs, signal: stop.signal, onError: () => {} },
    async (signal) => {
      events.push("leads");
      await aborted(signal);
      await sleep(5);
      events.push("ended");
    },
  );
  const answers = (next: () => boolean): void => {
    answer = next;
  };
  const until = async (...wanted: string[]): Promise<void> => {
    for (let turn = 0; turn < 500 && events.join() !== wanted.join(); turn++) await sleep(2);
    assert.deepEqual(events, wanted);
  };
  return { answers, until, stop, done };
}

test("who ends gives the lease back only when its work has ended", async () => {
  const { until, stop, done } = world();
  await until("leads");
  stop.abort();
  await done;
  await until("leads", "ended", "released");
});

test("who loses the lease ends its work, and begins it anew when it wins again", async () => {
  const { until, answers, stop, done } = world();
  await until("leads");
  answers(() => false);
  await until("leads", "ended");
  answers(() => true);
  await until("leads", "ended", "leads");
  stop.abort();
  await done;
});

test("an API server that is away for a moment ends nothing; one that is away for long does", async () => {
  const { until, answers, stop, done } = world(100);
  await until("leads");
  answers(() => {
    throw new Error("away");
  });
  await sleep(20);
  await until("leads");
  await until("leads", "ended");
  stop.abort();
  await done;
});
