/** Istio's names for the claims of a token where a header's name is expected. */

const CLAIMS = "@request.auth.claims";

/** Whether it is meant to name a claim, well-formed or not. */
export function namesClaim(name: string): boolean {
  return name.toLowerCase().startsWith(CLAIMS);
}

/**
 * `@request.auth.claims.sub` or `@request.auth.claims[realm_access][roles]` as the claim's path; undefined for anything
 * else. With dots no part of the path can contain one.
 */
export function claimPath(name: string): string[] | undefined {
  if (!namesClaim(name)) return undefined;
  const rest = name.slice(CLAIMS.length);
  const path = rest.startsWith(".") ? rest.slice(1).split(".") : bracketed(rest);
  return path?.every((part) => part !== "") ? path : undefined;
}

function bracketed(text: string): string[] | undefined {
  return text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1).split("][") : undefined;
}
