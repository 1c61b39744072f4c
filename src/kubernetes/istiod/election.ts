import { setTimeout as sleep } from "node:timers/promises";
import type { Candidate } from "./candidate.ts";

export interface ElectionOptions {
  candidate: Pick<Candidate, "attempt" | "release">;
  /** Pause between attempts, to win as to renew. Default 2 s. */
  retryMs?: number;
  /** Who could not renew for so long no longer leads: well before others may take the lease. Default 10 s. */
  renewWithinMs?: number;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/**
 * Does `work` whenever the candidate holds its lease. What was begun has ended before the lease is given back; it is
 * also ended when the lease was lost, or could not be renewed in time. Resolves after `signal` has aborted.
 */
export async function elect(options: ElectionOptions, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { candidate, signal, onError, retryMs = 2_000, renewWithinMs = 10_000 } = options;
  const pause = (): Promise<void> => sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
  while (!signal.aborted) {
    const won = await candidate.attempt(Date.now()).catch(onError);
    if (won && !signal.aborted) await hold();
    if (!signal.aborted) await pause();
  }
  await candidate.release(Date.now()).catch(onError);

  async function hold(): Promise<void> {
    const term = new AbortController();
    const done = work(AbortSignal.any([signal, term.signal])).catch(onError);
    let renewed = Date.now();
    while (!signal.aborted) {
      await pause();
      if (signal.aborted) break;
      const ours = await candidate.attempt(Date.now()).catch((error: unknown) => {
        onError(error);
        return undefined;
      });
      if (ours) renewed = Date.now();
      // Not to know is not to have lost it: for a while.
      if (ours === false || Date.now() - renewed > renewWithinMs) break;
    }
    term.abort();
    await done;
  }
}
