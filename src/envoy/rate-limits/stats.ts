/** The statistics that proxies keep of Local rules. */

const PREFIX = "lateen_ratelimit|";

/** Begins with what proxies are told to keep (bootstrap/stats.ts); ends in a mark, since names may have dots. */
export function localLimitStat(rule: string): string {
  return `${PREFIX}${rule};`;
}

const REFUSED = /^lateen_ratelimit\|(.+?);\.http_local_rate_limit\.rate_limited: (\d+)$/gm;

/** How many requests each rule refused, in the words of Envoy's `/stats`. */
export function refusedByRule(stats: string): Map<string, number> {
  return new Map([...stats.matchAll(REFUSED)].map(([, rule = "", count]) => [rule, Number(count)]));
}

/** What to ask Envoy's `/stats` for. */
export const LOCAL_LIMIT_STATS = "/stats?filter=^lateen_ratelimit";
