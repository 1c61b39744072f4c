/**
 * Keeps the key sets that policies name by URI, or leave to their issuer, in the engine: fetched when first wanted, and
 * again from time to time. While that fails the last good one stays in force; a set that was never fetched has no
 * row, and then no token of its issuer is taken.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { LateenError } from "../../errors.ts";
import type { MeshInputs } from "../../mesh/inputs.ts";
import type { KeySetSource } from "../../mesh/security/request-authentication.ts";

export interface KeepKeySetsOptions {
  graph: Graph;
  inputs: Pick<MeshInputs, "keySets" | "keySetProblems">;
  wanted: Collection<KeySetSource>;
  fetchKeySet(source: KeySetSource, signal: AbortSignal): Promise<string>;
  signal: AbortSignal;
  /** Hears of each new problem. */
  onError(error: unknown): void;
  refreshMs?: number;
  retryMs?: number;
}

export interface KeySets {
  /** Resolves when each set that is wanted now was tried once. */
  tried: Promise<void>;
  /** Tries at once what failed: the rules may have changed. */
  retry(): void;
}

/** Istio's. */
const REFRESH_MS = 20 * 60_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/**
 * Many policies with sources that do not answer must not be many connections, nor keep others waiting: those that have
 * failed wait in a line of their own, and of the others the newest goes first.
 */
const AT_ONCE = 16;
const FAILED_AT_ONCE = 4;

export function keepKeySets(options: KeepKeySetsOptions): KeySets {
  const { graph, inputs, wanted, signal } = options;
  const running = new Map<string, AbortController>();
  const inTurn = limited(AT_ONCE, "newest first");
  const failedInTurn = limited(FAILED_AT_ONCE, "oldest first");

  const start = (key: string): Promise<void> => {
    const stop = new AbortController();
    running.get(key)?.abort();
    running.set(key, stop);
    const first = Promise.withResolvers<void>();
    void follow(key, AbortSignal.any([signal, stop.signal]), first.resolve);
    return first.promise;
  };

  const follow = async (key: string, until: AbortSignal, tried: () => void): Promise<void> => {
    for (let failures = 0; !until.aborted; ) {
      const line = failures === 0 ? inTurn : failedInTurn;
      failures = (await line(() => attempt(key, until))) ? 0 : failures + 1;
      tried();
      await sleep(wait(options, failures), undefined, { signal: until, ref: false }).catch(() => {});
    }
    tried();
  };

  const attempt = async (key: string, until: AbortSignal): Promise<boolean> => {
    const source = wanted.get(key);
    if (!source || until.aborted) return true;
    try {
      const jwks = await options.fetchKeySet(source, until);
      if (!until.aborted) know(key, jwks);
      return true;
    } catch (error) {
      if (until.aborted) return true;
      const problem = error instanceof LateenError ? `${error.message} ${error.remedy ?? ""}`.trim() : String(error);
      if (inputs.keySetProblems.get(key) !== problem) options.onError(error);
      inputs.keySetProblems.set(key, problem);
      return false;
    }
  };

  const know = (key: string, jwks: string | undefined): void => {
    graph.batch(() => {
      if (jwks === undefined) inputs.keySets.delete(key);
      else inputs.keySets.set(key, jwks);
      inputs.keySetProblems.delete(key);
    });
  };

  const forget = (key: string): void => {
    running.get(key)?.abort();
    running.delete(key);
    know(key, undefined);
  };

  const stop = graph.onChange(wanted, (changes) => {
    // what the engine is told belongs into a pass of its own
    queueMicrotask(() => {
      for (const key of changes.keys()) {
        if (!wanted.get(key)) forget(key);
        else if (!running.has(key)) void start(key);
      }
    });
  });
  signal.addEventListener("abort", stop, { once: true });
  return {
    tried: Promise.all([...wanted.keys()].map(start)).then(() => {}),
    retry: () => {
      for (const key of running.keys()) if (inputs.keySetProblems.get(key) !== undefined) void start(key);
    },
  };
}

function wait({ refreshMs = REFRESH_MS, retryMs = FIRST_RETRY_MS }: KeepKeySetsOptions, failures: number): number {
  return failures === 0 ? refreshMs : Math.min(retryMs * 2 ** (failures - 1), LONGEST_RETRY_MS);
}

/** Runs work as it comes, but no more than so many at once. */
function limited(most: number, order: "oldest first" | "newest first"): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = order === "oldest first" ? waiting.shift() : waiting.pop();
      if (next) next();
      else free++;
    }
  };
}
