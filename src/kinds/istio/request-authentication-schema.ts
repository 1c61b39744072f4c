import { Type } from "typebox";
import { oneOfFields, ruled } from "./cel.ts";
import {
  bool,
  duration,
  type IstioObject,
  list,
  ONE_TARGET,
  PolicySelector,
  shape,
  TargetRef,
  text,
} from "./common.ts";

const filled = Type.String({ minLength: 1 });

const headerName = Type.String({ minLength: 1, pattern: "^[-_A-Za-z0-9]+$" });

const url = ruled(Type.String({ minLength: 1, maxLength: 2048 }), {
  "url(self).getScheme() in ['http', 'https']": "must begin with http:// or https://",
});

const JwtRule = ruled(
  shape(
    "JWTRule",
    {},
    {
      issuer: filled,
      audiences: list(filled),
      jwksUri: url,
      jwks_uri: url,
      jwks: text,
      fromHeaders: list(shape("JWTHeader", { name: filled }, { prefix: text })),
      fromParams: list(filled),
      fromCookies: list(filled),
      outputPayloadToHeader: text,
      outputClaimToHeaders: list(shape("ClaimToHeader", { header: headerName, claim: filled }, {})),
      spaceDelimitedClaims: Type.Array(filled, { maxItems: 64 }),
      forwardOriginalToken: bool,
      timeout: duration,
    },
  ),
  oneOfFields("jwks", "jwksUri", "jwks_uri"),
);
export type JwtRule = Type.Static<typeof JwtRule>;

export const RequestAuthenticationSpec = ruled(
  shape(
    "RequestAuthenticationSpec",
    {},
    {
      selector: PolicySelector,
      targetRef: TargetRef,
      targetRefs: Type.Array(TargetRef, { maxItems: 16 }),
      jwtRules: Type.Array(JwtRule, { maxItems: 4096 }),
    },
  ),
  ONE_TARGET,
);
export type RequestAuthenticationSpec = Type.Static<typeof RequestAuthenticationSpec>;
export type RequestAuthentication = IstioObject<RequestAuthenticationSpec>;
