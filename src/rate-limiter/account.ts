import type { TallyRow } from "./tally.ts";

/** Where the service says what it counted: on loopback, so that who may forward ports to its pods may ask. */
export const ACCOUNT_PORT = 9877;
export const ACCOUNT_PAGE = "/limits";

/** What several replicas counted, as one. */
export function together(accounts: readonly (readonly TallyRow[])[]): Map<string, TallyRow> {
  const rules = new Map<string, TallyRow>();
  for (const { rule, requests, refused, limited } of accounts.flat()) {
    const known = rules.get(rule) ?? { rule, requests: 0, refused: 0, limited: [] };
    const counts = new Map(known.limited.map((each) => [each.who, each.refused]));
    for (const each of limited) counts.set(each.who, (counts.get(each.who) ?? 0) + each.refused);
    rules.set(rule, {
      rule,
      requests: known.requests + requests,
      refused: known.refused + refused,
      limited: [...counts].sort(([, a], [, b]) => b - a).map(([who, times]) => ({ who, refused: times })),
    });
  }
  return rules;
}
