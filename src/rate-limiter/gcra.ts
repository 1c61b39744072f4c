/**
 * The generic cell rate algorithm: a token bucket in one number, the time at which the bucket will be full again. A
 * bucket holds `burst` requests and gains `requests` in `perMs`, evenly. So in any time t, whenever it begins, at most
 * `burst + requests * t / perMs` pass: there is no window at whose edge twice as many do.
 */
import type { Limit } from "../mesh/security/rate-limit-model.ts";

export interface Verdict {
  allowed: boolean;
  /** How many more would pass now. */
  remaining: number;
  /** Until the bucket is full again. */
  fullMs: number;
  /** Until as many would pass as were refused; 0 when they passed. */
  retryMs: number;
}

/** How long the bucket gains one request. */
export function intervalMs({ requests, perMs }: Limit): number {
  return perMs / requests;
}

/** How long an empty bucket takes to be full. */
export function capacityMs(limit: Limit): number {
  return limit.burst * intervalMs(limit);
}

/**
 * Until the bucket would be full again, had all `hits` passed. One that was emptied under a longer limit is now as empty
 * as can be, and no emptier.
 *
 * @param fullMs Until it is full, as it was left.
 */
export function owedMs(limit: Limit, hits: number, fullMs: number): number {
  return Math.min(Math.max(fullMs, 0), capacityMs(limit)) + hits * intervalMs(limit);
}

/** Numbers with fractions of a millisecond do not add up to the last digit. */
export const TOLERANCE_MS = 1e-3;

export function verdict(limit: Limit, hits: number, owed: number): Verdict {
  const interval = intervalMs(limit);
  const capacity = capacityMs(limit);
  const allowed = owed <= capacity + TOLERANCE_MS;
  const fullMs = allowed ? owed : owed - hits * interval;
  return {
    allowed,
    remaining: Math.max(0, Math.floor((capacity - fullMs + TOLERANCE_MS) / interval)),
    fullMs,
    retryMs: allowed ? 0 : owed - capacity,
  };
}
