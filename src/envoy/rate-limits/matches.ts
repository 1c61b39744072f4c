/** Which requests a rule counts, as matches of their headers: all that Envoy's rate limits can look at. */
import type { HeaderMatcher } from "#envoy/config/route/v3/route_components_pb.js";
import type { NamedMatch, PathMatch } from "../../mesh/model.ts";
import type { RateLimitMatch } from "../../mesh/security/rate-limit-model.ts";
import { headerMatcher } from "../routes/matches.ts";

/** Empty for every request. */
export function headerMatches({ hosts, methods, paths, headers }: RateLimitMatch): HeaderMatcher[] {
  return [
    ...anyOf(":authority", hosts.map(hostPattern), "(?i)"),
    ...anyOf(":method", methods.map(quoted)),
    ...anyOf(":path", paths.map(pathPattern)),
    ...headers.map(headerMatcher),
  ];
}

function anyOf(name: string, patterns: readonly string[], flags = ""): HeaderMatcher[] {
  if (patterns.length === 0) return [];
  const named: NamedMatch = { name, match: { type: "Regex", value: `${flags}(?:${patterns.join("|")})` } };
  return [headerMatcher(named)];
}

/** However its client spells it: with a port or a dot at its end it is the same host. */
function hostPattern(host: string): string {
  const name = host === "*" ? ".*" : host.startsWith("*.") ? `.+${quoted(host.slice(1))}` : quoted(host);
  return `${name}\\.?(?::\\d+)?`;
}

/** The header holds the query too. */
function pathPattern(path: PathMatch): string {
  switch (path.type) {
    case "Exact":
      return `${quoted(path.value)}(?:\\?.*)?`;
    case "Prefix":
    case "PathPrefix":
      return `${quoted(path.value)}.*`;
    case "Regex":
      return path.value;
    case "Present":
      return ".*";
  }
}

function quoted(text: string): string {
  return text.replace(/[^\w/]/g, (character) => `\\${character}`);
}
