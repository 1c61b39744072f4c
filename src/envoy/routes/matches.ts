import { create } from "@bufbuild/protobuf";
import {
  type HeaderMatcher,
  HeaderMatcherSchema,
  type QueryParameterMatcher,
  QueryParameterMatcherSchema,
  type RouteMatch,
  RouteMatchSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import { RegexMatcherSchema } from "#envoy/type/matcher/v3/regex_pb.js";
import type { HttpMatch, NamedMatch, PathMatch, StringMatch } from "../../mesh/model.ts";
import { claimMatcher } from "../http-filters/jwt-metadata.ts";
import { fraction } from "../percent.ts";
import { stringMatcher } from "../string-matches.ts";

/** @param percent Of the requests that match otherwise. */
export function routeMatch(match: HttpMatch, percent?: number): RouteMatch {
  const named: NamedMatch[] = [...match.headers];
  const pseudo = (name: string, value: StringMatch | undefined): void => {
    if (value) named.push({ name, match: value });
  };
  pseudo(":method", match.method);
  pseudo(":authority", match.authority);
  pseudo(":scheme", match.scheme);
  return create(RouteMatchSchema, {
    pathSpecifier: path(match.path),
    ...(ignoresCase(match.path) && { caseSensitive: false }),
    headers: named.map(headerMatcher),
    queryParameters: match.queryParams.map(queryMatcher),
    dynamicMetadata: (match.claims ?? []).map(({ path, match: value, invert = false }) =>
      claimMatcher(path, value, invert),
    ),
    ...(percent !== undefined && { runtimeFraction: { defaultValue: fraction(percent) } }),
  });
}

function path(match: PathMatch | undefined): RouteMatch["pathSpecifier"] {
  switch (match?.type) {
    case undefined:
    case "Present":
      return { case: "prefix", value: "/" };
    case "Exact":
      return { case: "path", value: match.value };
    case "Prefix":
      return { case: "prefix", value: match.value };
    case "Regex":
      return { case: "safeRegex", value: create(RegexMatcherSchema, { regex: match.value }) };
    case "PathPrefix": {
      const prefix = withoutTrailingSlash(match.value);
      return prefix === "" ? { case: "prefix", value: "/" } : { case: "pathSeparatedPrefix", value: prefix };
    }
  }
}

/** `/foo/` and `/foo` mean the same elements; `/` becomes empty. */
export function withoutTrailingSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function ignoresCase(match: PathMatch | undefined): boolean {
  return (match?.type === "Exact" || match?.type === "Prefix") && match.ignoreCase === true;
}

export function headerMatcher({ name, match, invert = false }: NamedMatch): HeaderMatcher {
  if (match.type === "Present") {
    return create(HeaderMatcherSchema, {
      name,
      headerMatchSpecifier: { case: "presentMatch", value: true },
      invertMatch: invert,
    });
  }
  return create(HeaderMatcherSchema, {
    name,
    headerMatchSpecifier: { case: "stringMatch", value: stringMatcher(match) },
    invertMatch: invert,
    // Envoy treats an absent header as no match before it inverts; "without x=y" must also match requests without x
    treatMissingHeaderAsEmpty: invert,
  });
}

/** Neither API can invert these, nor can Envoy. */
function queryMatcher({ name, match }: NamedMatch): QueryParameterMatcher {
  return create(QueryParameterMatcherSchema, {
    name,
    queryParameterMatchSpecifier:
      match.type === "Present"
        ? { case: "presentMatch", value: true }
        : { case: "stringMatch", value: stringMatcher(match) },
  });
}
