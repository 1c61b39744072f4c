import { BUCKETS, type Counters } from "./counters.ts";
import { owedMs, verdict } from "./gcra.ts";

interface Options {
  /** Milliseconds of a clock that never goes back. */
  now?(): number;
  /** For each rule. */
  buckets?: number;
}

/** Looking at so many of the longest unused finds one that has much left. */
const SAMPLE = 16;

/** Buckets in this process: for one replica. They are lost with it, which is as if nobody had asked for a while. */
export function memoryCounters({ now = () => performance.now(), buckets = BUCKETS }: Options = {}): Counters {
  /** By rule and key: when the bucket will be full again. The longest unused comes first. */
  const rules = new Map<string, Map<string, number>>();
  return {
    async take({ rule, key, limit, hits }) {
      const fullAt = rules.get(rule) ?? new Map<string, number>();
      rules.set(rule, fullAt);
      const time = now();
      const known = fullAt.get(key);
      const found = verdict(limit, hits, owedMs(limit, hits, (known ?? time) - time));
      if (known === undefined && fullAt.size >= buckets) fullAt.delete(fullest(fullAt));
      fullAt.delete(key);
      fullAt.set(key, time + found.fullMs);
      return found;
    },
    forget(rule) {
      rules.delete(rule);
    },
    async close() {
      rules.clear();
    },
  };
}

function fullest(fullAt: ReadonlyMap<string, number>): string {
  let found = "";
  let least = Number.POSITIVE_INFINITY;
  let looked = 0;
  for (const [key, time] of fullAt) {
    if (time < least) [found, least] = [key, time];
    if (++looked === SAMPLE) break;
  }
  return found;
}
