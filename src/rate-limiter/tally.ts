/** What was counted, for people to look at: of each rule how many requests, how many refused, and who was. */
import { createHash } from "node:crypto";

export interface TallyRow {
  rule: string;
  requests: number;
  refused: number;
  /** Of the last minute or so, the most refused first. */
  limited: { who: string; refused: number }[];
}

export interface Tally {
  count(rule: string, who: string, hits: number, allowed: boolean): void;
  /** The rule is no more. */
  forget(rule: string): void;
  rows(): TallyRow[];
}

/** Names kept of each rule: clients can make up any number of them. */
const NAMES = 100;
const SHOWN = 10;
/** Who was not refused for so long is not shown. */
const FORGET_MS = 60_000;

interface Limited {
  refused: number;
  lastAt: number;
}

export function startTally(now: () => number = Date.now): Tally {
  const rules = new Map<string, { requests: number; refused: number; limited: Map<string, Limited> }>();
  return {
    count(rule, who, hits, allowed) {
      const row = rules.get(rule) ?? { requests: 0, refused: 0, limited: new Map<string, Limited>() };
      rules.set(rule, row);
      row.requests += hits;
      if (allowed) return;
      row.refused += hits;
      const known = row.limited.get(who);
      // The one that was refused last comes last, so that the first is the one to forget.
      row.limited.delete(who);
      row.limited.set(who, { refused: (known?.refused ?? 0) + hits, lastAt: now() });
      for (const oldest of row.limited.keys()) {
        if (row.limited.size <= NAMES) break;
        row.limited.delete(oldest);
      }
    },
    forget(rule) {
      rules.delete(rule);
    },
    rows() {
      return [...rules].sort().map(([rule, { requests, refused, limited }]) => ({
        rule,
        requests,
        refused,
        limited: [...limited]
          .filter(([, { lastAt }]) => now() - lastAt < FORGET_MS)
          .sort(([, a], [, b]) => b.refused - a.refused)
          .slice(0, SHOWN)
          .map(([who, { refused: times }]) => ({ who, refused: times })),
      }));
    },
  };
}

/** A value that may be a secret: enough of it to know it again, for who has it. */
export function disguised(value: string): string {
  const shown = Math.min(4, Math.floor(value.length / 4));
  return `${value.slice(0, shown)}…#${createHash("sha256").update(value).digest("hex").slice(0, 8)}`;
}
