import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type StringMatcher, StringMatcherSchema } from "#envoy/type/matcher/v3/string_pb.js";
import type { StringMatch } from "../mesh/model.ts";

/** `Present` becomes "any text": only for where Envoy has no match for mere presence. */
export function stringMatcher(match: StringMatch): StringMatcher {
  return create(StringMatcherSchema, { matchPattern: pattern(match), ignoreCase: ignoresCase(match) });
}

type Pattern = NonNullable<MessageInitShape<typeof StringMatcherSchema>["matchPattern"]>;

function pattern(match: StringMatch): Pattern {
  switch (match.type) {
    case "Exact":
      return { case: "exact", value: match.value };
    case "Prefix":
      // Envoy refuses an empty prefix; every text has it
      return match.value === "" ? anyText() : { case: "prefix", value: match.value };
    case "Regex":
      return { case: "safeRegex", value: { regex: match.value } };
    case "Present":
      return anyText();
  }
}

function anyText(): Pattern {
  return { case: "safeRegex", value: { regex: "(?s).*" } };
}

function ignoresCase(match: StringMatch): boolean {
  return (match.type === "Exact" || (match.type === "Prefix" && match.value !== "")) && match.ignoreCase === true;
}
