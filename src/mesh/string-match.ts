import type { StringMatch as StringMatchSpec } from "../kinds/istio/common.ts";
import type { NamedMatch, StringMatch } from "./model.ts";

/** An empty match, and the regex `*` (which is none), ask only that the value be there. */
export function stringMatch(spec: StringMatchSpec, ignoreCase = false): StringMatch {
  const fold = ignoreCase ? { ignoreCase } : {};
  if (spec.exact !== undefined) return { type: "Exact", value: spec.exact, ...fold };
  if (spec.prefix !== undefined) return { type: "Prefix", value: spec.prefix, ...fold };
  if (spec.regex !== undefined && spec.regex !== "*") return { type: "Regex", value: spec.regex };
  return { type: "Present" };
}

/** For something that every request has, being there is no condition. */
export function condition(spec: StringMatchSpec | undefined, ignoreCase = false): StringMatch | undefined {
  const match = spec && stringMatch(spec, ignoreCase);
  return match?.type === "Present" ? undefined : match;
}

/** In the order of the names. */
export function namedMatches(specs: Record<string, StringMatchSpec> | undefined, invert = false): NamedMatch[] {
  return Object.entries(specs ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => ({ name, match: stringMatch(spec), ...(invert && { invert }) }));
}
