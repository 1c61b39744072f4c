/** An HTTPRoute's matches in the model's terms, and which of two goes first. */
import type { HttpRouteMatch } from "../../kinds/gateway-api/http-route.ts";
import type { HttpMatch, HttpRoute, NamedMatch, PathMatch } from "../model.ts";

export function httpMatch(match: HttpRouteMatch): HttpMatch {
  return {
    path: pathMatch(match.path),
    ...(match.method === undefined ? {} : { method: { type: "Exact", value: match.method } }),
    headers: namedMatches(match.headers ?? [], (name) => name.toLowerCase()),
    queryParams: namedMatches(match.queryParams ?? [], (name) => name),
  };
}

function pathMatch(path: HttpRouteMatch["path"]): PathMatch {
  const { type = "PathPrefix", value = "/" } = path ?? {};
  switch (type) {
    case "Exact":
      return { type: "Exact", value };
    case "PathPrefix":
      return { type: "PathPrefix", value };
    case "RegularExpression":
      return { type: "Regex", value };
  }
}

type Named = readonly { type?: "Exact" | "RegularExpression"; name: string; value: string }[];

/** Of entries with equivalent names only the first counts. */
export function namedMatches(entries: Named, normal: (name: string) => string): NamedMatch[] {
  const first = new Map<string, NamedMatch>();
  for (const { type, name, value } of entries) {
    const key = normal(name);
    if (first.has(key)) continue;
    first.set(key, { name: key, match: { type: type === "RegularExpression" ? "Regex" : "Exact", value } });
  }
  return [...first.values()];
}

/** As Istio has it, regular expressions come after prefixes: the Gateway API leaves their place open. */
const PATH_RANK: Readonly<Record<PathMatch["type"], number>> = {
  Exact: 0,
  PathPrefix: 1,
  Prefix: 1,
  Regex: 2,
  Present: 3,
};

/**
 * The Gateway API's precedence of two matches: exact path, longer prefix, method, more headers, more query parameters.
 * 0: the older route, and within it the earlier rule, goes first; a stable sort of routes in that order does it.
 */
export function byPrecedence(a: HttpRoute, b: HttpRoute): number {
  const [x, y] = [a.matches[0], b.matches[0]];
  if (!x || !y) return Number(!x) - Number(!y);
  const length = (path: PathMatch | undefined): number => (path && path.type !== "Present" ? path.value.length : 0);
  const rank = (path: PathMatch | undefined): number => PATH_RANK[path?.type ?? "Present"];
  return (
    rank(x.path) - rank(y.path) ||
    length(y.path) - length(x.path) ||
    Number(y.method !== undefined) - Number(x.method !== undefined) ||
    y.headers.length - x.headers.length ||
    y.queryParams.length - x.queryParams.length
  );
}
