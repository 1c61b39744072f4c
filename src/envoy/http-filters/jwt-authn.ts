import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type TypedExtensionConfig, TypedExtensionConfigSchema } from "#envoy/config/core/v3/extension_pb.js";
import {
  JwtAuthenticationSchema,
  type JwtProviderSchema,
  type JwtRequirementSchema,
} from "#envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import { HeaderMutationSchema } from "#envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import type { Authentication, TokenIssuer } from "../../mesh/security/request-authentication.ts";
import { pack } from "../any.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { JWT_METADATA_NAMESPACE, JWT_PAYLOAD_KEY } from "./jwt-metadata.ts";

/** Refuses requests with tokens that are not valid, and tells those after it what valid ones claim. */
export const jwtAuthn: FilterBuilder = ({ direction, policies: { authentication } }) => {
  if (!authentication) return undefined;
  const { issuers } = authentication;
  const providers = issuers.map((issuer, i) => [`origins-${i}`, provider(issuer, direction === "Outbound")] as const);
  return httpFilter(
    JWT_METADATA_NAMESPACE,
    pack(JwtAuthenticationSchema, {
      providers: Object.fromEntries(providers),
      rules: [
        {
          match: { pathSpecifier: { case: "prefix", value: "/" } },
          requirementType: { case: "requires", value: anyOrNone(providers.map(([name]) => name)) },
        },
      ],
      // browsers send none with it
      bypassCorsPreflight: true,
    }),
  );
};

/** A valid token, of whichever issuer, or no token at all. */
function anyOrNone(providers: readonly string[]): MessageInitShape<typeof JwtRequirementSchema> {
  return {
    requiresType: {
      case: "requiresAny",
      value: {
        requirements: [
          ...providers.map((name) => ({ requiresType: { case: "providerName" as const, value: name } })),
          { requiresType: { case: "allowMissing", value: {} } },
        ],
      },
    },
  };
}

/** Read as lists of words whatever the policy says, as in Istio. */
const SPACE_DELIMITED = ["permission", "scope"];

/**
 * Envoy refuses a set without keys. This one key has the right length, and verifies nothing: no point of the curve has
 * the y coordinate 2.
 */
const NO_KEY = JSON.stringify({
  keys: [{ kty: "OKP", crv: "Ed25519", x: Buffer.from([2, ...new Array(31).fill(0)]).toString("base64url") }],
});

/** @param routesByClaims Whether the route is to be looked for again when the claims are known. */
function provider(issuer: TokenIssuer, routesByClaims: boolean): MessageInitShape<typeof JwtProviderSchema> {
  return {
    issuer: issuer.issuer,
    audiences: [...issuer.audiences],
    jwksSourceSpecifier: {
      case: "localJwks",
      value: { specifier: { case: "inlineString", value: issuer.jwks || NO_KEY } },
    },
    forward: issuer.forward,
    forwardPayloadHeader: issuer.payloadHeader ?? "",
    fromHeaders: issuer.headers.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
    fromParams: [...issuer.params],
    fromCookies: [...issuer.cookies],
    claimToHeaders: issuer.claimHeaders.map(({ header, claim }) => ({ headerName: header, claimName: claim })),
    payloadInMetadata: JWT_PAYLOAD_KEY,
    normalizePayloadInMetadata: {
      spaceDelimitedClaims: [...new Set([...SPACE_DELIMITED, ...issuer.spaceDelimitedClaims])].sort(),
    },
    clearRouteCache: routesByClaims,
  };
}

/**
 * Takes out of a request, before anything looks at it, the headers in which a verified token speaks. Envoy's filter
 * does so too, but later than a route is chosen, not for a CORS preflight, and only for the issuer that it tries.
 */
export function withoutForgedClaims(authentication: Authentication | undefined): TypedExtensionConfig[] {
  const headers = (authentication?.issuers ?? []).flatMap(({ payloadHeader, claimHeaders }) => [
    ...(payloadHeader === undefined ? [] : [payloadHeader]),
    ...claimHeaders.map(({ header }) => header),
  ]);
  if (headers.length === 0) return [];
  const removed = [...new Set(headers.map((header) => header.toLowerCase()))].sort();
  return [
    create(TypedExtensionConfigSchema, {
      name: "envoy.http.early_header_mutation.header_mutation",
      typedConfig: pack(HeaderMutationSchema, {
        mutations: removed.map((header) => ({ action: { case: "remove" as const, value: header } })),
      }),
    }),
  ];
}
