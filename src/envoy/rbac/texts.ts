import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type HeaderMatcher, HeaderMatcherSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { type StringMatcher, StringMatcherSchema } from "#envoy/type/matcher/v3/string_pb.js";
import type { TextMatch } from "../../mesh/security/authorization-model.ts";

export function textMatcher(match: TextMatch, ignoreCase = false): StringMatcher {
  const matchPattern = patternOf(match);
  return create(StringMatcherSchema, { matchPattern, ignoreCase: ignoreCase && matchPattern.case !== "safeRegex" });
}

type Pattern = NonNullable<MessageInitShape<typeof StringMatcherSchema>["matchPattern"]>;

function patternOf(match: TextMatch): Pattern & { case: string } {
  switch (match.type) {
    case "Exact":
      return { case: "exact", value: match.value };
    case "Prefix":
      return { case: "prefix", value: match.value };
    case "Suffix":
      return { case: "suffix", value: match.value };
    case "Regex":
      return { case: "safeRegex", value: { regex: match.value } };
    case "Present":
      return { case: "safeRegex", value: { regex: ".+" } };
  }
}

/** A header of which presence is enough may be empty. */
export function headerMatcher(name: string, match: TextMatch): HeaderMatcher {
  return create(HeaderMatcherSchema, {
    name,
    headerMatchSpecifier:
      match.type === "Present"
        ? { case: "presentMatch", value: true }
        : { case: "stringMatch", value: textMatcher(match) },
  });
}
