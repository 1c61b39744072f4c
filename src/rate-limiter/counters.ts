import type { Limit } from "../mesh/security/rate-limit-model.ts";
import type { Verdict } from "./gcra.ts";

/**
 * How many buckets one rule has. Keys come from clients, who can make up any number: then one that has the most left
 * goes, of those that were not used for long. Who is limited stays limited, however many keys others make up.
 */
export const BUCKETS = 100_000;

export interface Hit {
  rule: string;
  /** What of the request tells it apart; of any length. */
  key: string;
  limit: Limit;
  hits: number;
}

/** Where buckets are kept. */
export interface Counters {
  /** Takes `hits` out of a bucket if it has as many. Rejects when that cannot be known. */
  take(hit: Hit): Promise<Verdict>;
  /** The rule is no more. */
  forget(rule: string): void;
  close(): Promise<void>;
}
