import { Type } from "typebox";
import { oneOfFields, ruled } from "./cel.ts";
import { bool, duration, istioKind, list, ONE_TARGET, PolicySelector, shape, TargetRef, text } from "./common.ts";
import { checkTarget } from "./policy-target.ts";
import { collect, each, type Report } from "./report.ts";
import { checkDuration, isHeaderName } from "./value-checks.ts";

const filled = Type.String({ minLength: 1 });

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
      outputClaimToHeaders: list(shape("ClaimToHeader", { header: filled, claim: filled }, {})),
      spaceDelimitedClaims: list(filled),
      forwardOriginalToken: bool,
      timeout: duration,
    },
  ),
  oneOfFields("jwks", "jwksUri", "jwks_uri"),
);
type JwtRule = Type.Static<typeof JwtRule>;

const RequestAuthenticationSpec = ruled(
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
type RequestAuthenticationSpec = Type.Static<typeof RequestAuthenticationSpec>;

export const requestAuthenticationKind = istioKind<RequestAuthenticationSpec>(
  {
    group: "security",
    version: "v1",
    otherVersions: ["v1beta1"],
    kind: "RequestAuthentication",
    plural: "requestauthentications",
  },
  RequestAuthenticationSpec,
  {
    description: "RequestAuthentication says which JSON Web Tokens workloads take as proof of who asks.",
    shortNames: ["ra"],
    validate: ({ spec }) => collect((report) => check(report, spec ?? {})),
  },
);

function check(report: Report, spec: RequestAuthenticationSpec): void {
  checkTarget(report, spec);
  each(spec.jwtRules, "spec.jwtRules", (rule, at) => checkRule(report, at, rule));
}

function checkRule(report: Report, field: string, rule: JwtRule): void {
  if (!rule.issuer)
    report("missing", `${field}.issuer`, "say who issues the tokens", "give the value of their iss claim");
  const keys = (["jwks", "jwksUri", "jwks_uri"] as const).filter((source) => rule[source]);
  if (keys.length > 1)
    report("conflict", `${field}.${keys[1]}`, "the keys come from jwks or jwksUri, not both", "keep one");
  for (const source of ["jwksUri", "jwks_uri"] as const) {
    const uri = rule[source];
    if (uri !== undefined && !/^https?:\/\/[^/]+/.test(uri)) {
      report("value", `${field}.${source}`, `"${uri}" is no URL`, "write https:// and a host");
    }
  }
  if (rule.jwks && !isKeySet(rule.jwks))
    report("value", `${field}.jwks`, "it is no JSON Web Key Set", 'write {"keys":[…]}');
  const headers = [
    ...(rule.fromHeaders ?? []).map(({ name }, i) => [name, `${field}.fromHeaders[${i}].name`] as const),
    ...(rule.outputClaimToHeaders ?? []).map(
      ({ header }, i) => [header, `${field}.outputClaimToHeaders[${i}].header`] as const,
    ),
  ];
  for (const [name, at] of headers) if (!isHeaderName(name)) report("value", at, `"${name}" is no header name`);
  checkDuration(report, `${field}.timeout`, rule.timeout);
}

function isKeySet(jwks: string): boolean {
  try {
    const parsed: unknown = JSON.parse(jwks);
    return typeof parsed === "object" && parsed !== null && "keys" in parsed && Array.isArray(parsed.keys);
  } catch {
    return false;
  }
}
