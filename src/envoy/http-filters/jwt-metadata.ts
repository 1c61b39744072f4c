/**
 * Where the claims of a verified token stand for what comes after jwt_authn: routes, authorization, rate limits. As in
 * Istio: dynamic metadata of the filter's own namespace, all claims under one key whoever issued the token.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type MetadataMatcher, MetadataMatcherSchema } from "#envoy/type/matcher/v3/metadata_pb.js";
import type { ValueMatcherSchema } from "#envoy/type/matcher/v3/value_pb.js";
import type { StringMatch } from "../../mesh/model.ts";
import { stringMatcher } from "../string-matches.ts";

export const JWT_METADATA_NAMESPACE = "envoy.filters.http.jwt_authn";

/** Before the claim's own name: `["payload", "realm_access", "roles"]`. */
export const JWT_PAYLOAD_KEY = "payload";

/** Matches a claim that is a text, or a list with such a text in it. */
export function claimMatcher(claim: readonly string[], match: StringMatch, invert = false): MetadataMatcher {
  return create(MetadataMatcherSchema, {
    filter: JWT_METADATA_NAMESPACE,
    path: [JWT_PAYLOAD_KEY, ...claim].map((key) => ({ segment: { case: "key" as const, value: key } })),
    value: claimValue(match),
    invert,
  });
}

function claimValue(match: StringMatch): MessageInitShape<typeof ValueMatcherSchema> {
  if (match.type === "Present") return { matchPattern: { case: "presentMatch", value: true } };
  const value: MessageInitShape<typeof ValueMatcherSchema> = {
    matchPattern: { case: "stringMatch", value: stringMatcher(match) },
  };
  const listed: MessageInitShape<typeof ValueMatcherSchema> = {
    matchPattern: { case: "listMatch", value: { matchPattern: { case: "oneOf", value } } },
  };
  return { matchPattern: { case: "orMatch", value: { valueMatchers: [listed, value] } } };
}
