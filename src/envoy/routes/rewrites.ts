import { create } from "@bufbuild/protobuf";
import { type RegexMatchAndSubstitute, RegexMatchAndSubstituteSchema } from "#envoy/type/matcher/v3/regex_pb.js";
import type { PathMatch, Rewrite } from "../../mesh/model.ts";
import { withoutTrailingSlash } from "./matches.ts";

/** A path rewrite in Envoy's terms; forwards and redirects share them. */
export type PathRewrite = { type: "Prefix"; value: string } | { type: "Regex"; value: RegexMatchAndSubstitute };

export function pathRewrite(rewrite: NonNullable<Rewrite["path"]>, match: PathMatch | undefined): PathRewrite {
  switch (rewrite.type) {
    case "Full":
      return regex("/.*", literal(rewrite.value));
    case "Regex":
      return regex(rewrite.match, rewrite.substitution);
    case "Prefix":
      return match?.type === "PathPrefix" ? replaceElements(match.value, rewrite.value) : replacePrefix(rewrite.value);
  }
}

/** An empty prefix_rewrite means "none" to Envoy; what is left of a path starts with a slash anyway. */
function replacePrefix(value: string): PathRewrite {
  return { type: "Prefix", value: value === "" ? "/" : value };
}

/**
 * The Gateway API replaces whole path elements: `/foo` by `/` makes `/foo/bar` to `/bar` and `/foo` to `/`, where
 * Envoy's prefix rewrite would give `//bar`; and `/` by `/foo` makes `/bar` to `/foo/bar` instead of `/foobar`.
 */
function replaceElements(matched: string, replacement: string): PathRewrite {
  const from = withoutTrailingSlash(matched);
  const to = withoutTrailingSlash(replacement);
  if (to === "") return regex(`^${quote(from)}/?(.*)`, "/\\1");
  if (from === "") return regex("^/?(.*)", `${literal(to)}/\\1`);
  return { type: "Prefix", value: to };
}

function regex(pattern: string, substitution: string): PathRewrite {
  return {
    type: "Regex",
    value: create(RegexMatchAndSubstituteSchema, { pattern: { regex: pattern }, substitution }),
  };
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** RE2 reads `\1` in a substitution. */
function literal(text: string): string {
  return text.replaceAll("\\", "\\\\");
}
