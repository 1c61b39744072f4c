/** Rules of a VirtualService are tried in order: what an earlier one takes, a later one never gets. */
import { each, type Report } from "./report.ts";
import type { HttpMatchSpec } from "./virtual-service-schema.ts";

/** What matches of HTTP, TLS and TCP rules have in common is that only their fields count, and for HTTP the path. */
type Match = Pick<HttpMatchSpec, "name" | "statPrefix" | "uri" | "ignoreUriCase" | "gateways">;

interface Rule {
  match?: readonly Match[];
  /** A rule that hands on may leave over what the other VirtualService has no rule for. */
  delegate?: object;
}

export function warnUnreachable(report: Report, field: string, rules: readonly Rule[] = []): void {
  const everything = rules.findIndex(
    ({ match, delegate }) => !delegate && (!match?.length || match.some(isEverything)),
  );
  const end = everything < 0 ? rules.length : everything + 1;
  for (let i = end; i < rules.length; i++) {
    const message = `rule ${i} is never reached: rule ${everything} takes every request`;
    report("unreachable", `${field}[${i}]`, message, "put it before that rule");
  }
  const taken = new Taken();
  rules.slice(0, end).forEach(({ match, delegate }, i) => {
    const earlier: string[] = [];
    each(match, `${field}[${i}].match`, (one, at) => {
      const before = taken.by(one);
      if (before === undefined) {
        if (!delegate) taken.add(one, at);
        return;
      }
      earlier.push(before);
      report("ineffective", at, `nothing is left for this match: ${before} takes all of it`, "take it out");
    });
    if (earlier.length > 0 && earlier.length === match?.length) {
      const message = `rule ${i} is never reached: ${[...new Set(earlier)].join(", ")} take all that it matches`;
      report("unreachable", `${field}[${i}]`, message, "put it before them, or take it out");
    }
  });
}

/** What earlier matches take: each just what it says, and those of nothing but a path's beginning all below it. */
class Taken {
  readonly #matches = new Map<string, string>();
  readonly #prefixes = new Map<string, string>();

  /** The place of the earlier match that takes all of this one. */
  by(match: Match): string | undefined {
    return this.#matches.get(canonical(match)) ?? this.#byPrefix(match.uri?.exact ?? match.uri?.prefix ?? "");
  }

  add(match: Match, place: string): void {
    this.#matches.set(canonical(match), place);
    const { uri, ignoreUriCase, ...rest } = withoutName(match);
    if (uri?.prefix !== undefined && !ignoreUriCase && Object.values(rest).every(isEmpty)) {
      this.#prefixes.set(uri.prefix, place);
    }
  }

  #byPrefix(path: string): string | undefined {
    for (let length = 1; length <= path.length; length++) {
      const place = this.#prefixes.get(path.slice(0, length));
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

/** A match by name or statPrefix only, or of every path. */
function isEverything(match: Match): boolean {
  const { uri, ...rest } = withoutName(match);
  const everyPath = uri === undefined || uri.prefix === "/" || uri.prefix === "";
  return everyPath && Object.values(rest).every((value) => value === false || isEmpty(value));
}

function withoutName({ name: _name, statPrefix: _prefix, ...rest }: Match): Omit<Match, "name" | "statPrefix"> {
  return rest;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function canonical(match: Match): string {
  const sorted = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)])
      : value;
  return JSON.stringify(sorted(withoutName(match)));
}
