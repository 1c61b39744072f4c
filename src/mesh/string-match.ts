import { claimPath, namesClaim } from "../kinds/istio/claims.ts";
import type { StringMatch as StringMatchSpec } from "../kinds/istio/common.ts";
import type { ClaimMatch, NamedMatch, StringMatch } from "./model.ts";

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
  return inOrder(specs).map(([name, spec]) => ({ name, match: stringMatch(spec), ...(invert && { invert }) }));
}

/** Of what may name headers and claims. */
export function headerMatches(specs: Record<string, StringMatchSpec> | undefined, invert = false): NamedMatch[] {
  return namedMatches(specs, invert).filter(({ name }) => !namesClaim(name));
}

export function claimMatches(specs: Record<string, StringMatchSpec> | undefined, invert = false): ClaimMatch[] {
  return inOrder(specs).flatMap(([name, spec]) => {
    const path = claimPath(name);
    return path ? [{ path, match: stringMatch(spec), ...(invert && { invert }) }] : [];
  });
}

function inOrder(specs: Record<string, StringMatchSpec> | undefined): [string, StringMatchSpec][] {
  return Object.entries(specs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
