import { istioKind } from "./common.ts";
import { readKeySet } from "./key-set.ts";
import { checkTarget } from "./policy-target.ts";
import { collect, each, type Report } from "./report.ts";
import { type JwtRule, RequestAuthenticationSpec } from "./request-authentication-schema.ts";
import { checkDuration, isHeaderName } from "./value-checks.ts";

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
    warn: ({ spec }) =>
      collect((report) => each(spec?.jwtRules, "spec.jwtRules", (rule, at) => warnRule(report, at, rule))),
  },
);

function check(report: Report, spec: RequestAuthenticationSpec): void {
  checkTarget(report, spec);
  each(spec.jwtRules, "spec.jwtRules", (rule, at) => checkRule(report, at, rule));
}

const KEYS = ["jwks", "jwksUri", "jwks_uri"] as const;

function checkRule(report: Report, field: string, rule: JwtRule): void {
  if (!rule.issuer && !rule.jwksUri && !rule.jwks_uri)
    report("missing", `${field}.issuer`, "say who issues the tokens", "give the value of their iss claim");
  const keys = KEYS.filter((source) => rule[source]);
  if (keys.length > 1)
    report("conflict", `${field}.${keys[1]}`, "the keys come from jwks or jwksUri, not both", "keep one");
  checkUri(report, `${field}.jwksUri`, rule.jwksUri);
  checkUri(report, `${field}.jwks_uri`, rule.jwks_uri);
  checkInline(report, `${field}.jwks`, rule.jwks);
  each(rule.fromHeaders, `${field}.fromHeaders`, ({ name, prefix = "" }, at) => {
    checkHeader(report, `${at}.name`, name);
    if (/[\0\r\n]/.test(prefix))
      report("value", `${at}.prefix`, "no header has a line break in it", "write it in one line");
  });
  if (rule.outputPayloadToHeader) checkWritten(report, `${field}.outputPayloadToHeader`, rule.outputPayloadToHeader);
  each(rule.outputClaimToHeaders, `${field}.outputClaimToHeaders`, ({ header }, at) =>
    checkWritten(report, `${at}.header`, header),
  );
  checkDuration(report, `${field}.timeout`, rule.timeout);
}

function checkUri(report: Report, field: string, uri: string | undefined): void {
  if (uri === undefined) return;
  const url = URL.parse(uri);
  if (!url || !/^https?:\/\/[^/]/i.test(uri)) {
    report("value", field, `"${uri}" is no URL`, "write https:// and a host");
  } else if (url.username || url.password) {
    report("value", field, "a URL of keys has no user and password", "take them out: the keys are public");
  }
}

function checkInline(report: Report, field: string, jwks: string | undefined): void {
  const read = jwks ? readKeySet(jwks) : undefined;
  if (read && "fault" in read) report("value", field, read.fault, "give the issuer's public keys, and only those");
}

function checkHeader(report: Report, field: string, name: string): void {
  if (!isHeaderName(name)) report("value", field, `"${name}" is no header name`, "use letters, digits and dashes");
}

/** A header that the proxy writes. */
function checkWritten(report: Report, field: string, name: string): void {
  checkHeader(report, field, name);
  if (name.toLowerCase() === "host") {
    report("value", field, "a token must not say which host is asked for", "use a header of your own");
  }
}

function warnRule(report: Report, field: string, rule: JwtRule): void {
  if (!rule.issuer) {
    const remedy = "give the value of the tokens' iss claim";
    report("noEffect", `${field}.issuer`, "without it, tokens are taken whoever they say has issued them", remedy);
  } else if (!KEYS.some((source) => rule[source]) && !/^https?:\/\//i.test(rule.issuer)) {
    const message = `"${rule.issuer}" is no URL at which its keys could be found: all its tokens are refused`;
    report("noEffect", `${field}.issuer`, message, "give jwksUri or jwks");
  }
  const keys = rule.jwks ? readKeySet(rule.jwks) : undefined;
  if (keys && "notes" in keys) {
    for (const note of keys.notes) report("noEffect", `${field}.jwks`, note, "leave the keys that verify tokens");
    if (keys.size === 0) report("noEffect", `${field}.jwks`, "no key is left: all tokens are refused", "give one");
  }
  warnWritten(report, field, rule);
}

/** Headers that the proxy writes: each is empty before it does, and has one value after. */
function warnWritten(report: Report, field: string, rule: JwtRule): void {
  const written = new Set<string>();
  const places = [rule.fromHeaders, rule.fromParams, rule.fromCookies].some((each) => each?.length);
  const read = new Set(places ? rule.fromHeaders?.map(({ name }) => name.toLowerCase()) : ["authorization"]);
  const outputs = [
    [rule.outputPayloadToHeader, `${field}.outputPayloadToHeader`] as const,
    ...(rule.outputClaimToHeaders ?? []).map(
      ({ header }, i) => [header, `${field}.outputClaimToHeaders[${i}].header`] as const,
    ),
  ];
  for (const [header = "", at] of outputs) {
    const name = header.toLowerCase();
    if (name === "") continue;
    if (read.has(name)) report("noEffect", at, "no token is taken from a header that the proxy writes", "use another");
    if (written.has(name)) report("noEffect", at, "two claims are written into one header", "use one for each");
    written.add(name);
  }
}
