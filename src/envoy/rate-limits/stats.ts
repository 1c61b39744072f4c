/** The statistics that proxies keep of Local rules. */

const PREFIX = "lateen_ratelimit|";

/** Begins with what proxies are told to keep (bootstrap/stats.ts); ends in a mark, since names may have dots. */
export function localLimitStat(rule: string): string {
  return `${PREFIX}${rule};`;
}
