/**
 * Watches read the ledger's history, each with a cursor of its own: a slow one holds no queue, and falls out of the
 * history (Expired) instead of growing.
 */
import type { KubeObject } from "../object.ts";
import { expired } from "../refusals.ts";
import { selects } from "../selectors.ts";
import type { WatchEvent, WatchOptions } from "../store.ts";
import type { Change } from "./history.ts";
import type { Ledger } from "./ledger.ts";
import type { TypeKey } from "./served.ts";

export async function* watch(
  ledger: Ledger,
  type: TypeKey,
  options: WatchOptions,
  bookmarkMs: number,
): AsyncGenerator<WatchEvent> {
  const selected = selects(options);
  const alarm = new Alarm(AbortSignal.any([options.signal, ledger.closing]), bookmarkMs);
  const stop = ledger.onCommit((changes) => {
    if (changes.some((change) => change.type === type)) alarm.ring();
  });
  try {
    let cursor = Number(options.resourceVersion);
    if (cursor === 0) {
      const state = await ledger.read(() => ({ version: ledger.version, objects: ledger.all(type).filter(selected) }));
      cursor = state.version;
      for (const object of state.objects) yield { type: "ADDED", object };
    } else if (!Number.isSafeInteger(cursor) || cursor > ledger.version) {
      throw tooOld(options.resourceVersion, ledger);
    }
    let quiet = false;
    while (!alarm.ended) {
      if (!ledger.history.reaches(type, cursor)) throw tooOld(String(cursor), ledger);
      const change = ledger.history.next(type, cursor);
      if (change) {
        cursor = change.version;
        const event = eventOf(change, selected);
        if (event) yield event;
        continue;
      }
      // Nothing of this type is left, so the cursor may stand at the latest commit, where history still reaches.
      cursor = Math.max(cursor, ledger.committed);
      if (quiet) yield { type: "BOOKMARK", resourceVersion: String(cursor) };
      quiet = (await alarm.wait()) === "quiet";
    }
  } finally {
    stop();
    alarm.end();
  }
}

/** What a change is to a watcher who sees only selected objects. */
function eventOf(change: Change, selected: (object: KubeObject) => boolean): WatchEvent | undefined {
  const before = change.before && selected(change.before) ? change.before : undefined;
  const after = change.after && selected(change.after) ? change.after : undefined;
  if (after) return { type: before ? "MODIFIED" : "ADDED", object: after };
  if (!before) return undefined;
  // The last state that the watcher knew, at the version at which it went.
  const metadata = { ...before.metadata, resourceVersion: String(change.version) };
  return { type: "DELETED", object: { ...before, metadata } };
}

function tooOld(version: string, ledger: Ledger): Error {
  return expired(`too old resource version: ${version} (${ledger.committed})`);
}

/** Wakes a sleeper when rung, when it was quiet for a while, and for good when the signal aborts. */
class Alarm {
  ended = false;
  #rung = false;
  #wake: ((why: "rung" | "quiet") => void) | undefined;
  readonly #quietMs: number;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.end();

  constructor(signal: AbortSignal, quietMs: number) {
    this.#signal = signal;
    this.#quietMs = quietMs;
    if (signal.aborted) this.ended = true;
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.("rung");
  }

  end(): void {
    this.ended = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#wake?.("rung");
  }

  async wait(): Promise<"rung" | "quiet"> {
    if (this.#rung || this.ended) {
      this.#rung = false;
      return "rung";
    }
    const { promise, resolve } = Promise.withResolvers<"rung" | "quiet">();
    this.#wake = resolve;
    const timer = setTimeout(resolve, this.#quietMs, "quiet");
    timer.unref();
    const why = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    this.#rung = false;
    return why;
  }
}
