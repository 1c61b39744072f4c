import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { requestAuthenticationKind } from "./request-authentication.ts";
import type { JwtRule, RequestAuthentication } from "./request-authentication-schema.ts";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwks = JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] });

const object = (rule: object, more: object = {}): RequestAuthentication => ({
  apiVersion: "security.istio.io/v1",
  kind: "RequestAuthentication",
  metadata: { name: "x", namespace: "default" },
  spec: { jwtRules: [rule], ...more },
});
const problems = (check: "validate" | "warn", rule: JwtRule | object): string[] =>
  (requestAuthenticationKind[check]?.(object(rule)) ?? []).map(
    ({ field, code }) => `${field.replace("spec.jwtRules[0].", "")} ${code}`,
  );

describe("a rule for tokens", () => {
  const good: object[] = [
    { issuer: "a", jwks },
    { issuer: "https://a.example.com" },
    { issuer: "a", jwksUri: "http://keys.auth.svc.cluster.local:8080/certs", timeout: "10s" },
    { issuer: "a", jwks_uri: "https://a.example.com/keys" },
    { jwksUri: "https://a.example.com/keys" },
    {
      ...{ issuer: "a", jwks, audiences: ["b"], forwardOriginalToken: true, spaceDelimitedClaims: ["roles"] },
      ...{ fromHeaders: [{ name: "x-a", prefix: "Bearer " }], fromParams: ["b"], fromCookies: ["c"] },
      ...{ outputPayloadToHeader: "x-b", outputClaimToHeaders: [{ header: "x-c", claim: "d.e" }] },
    },
  ];
  for (const rule of good) {
    it(`may say ${Object.keys(rule).join(", ")}`, () => assert.deepEqual(problems("validate", rule), []));
  }

  const key = publicKey.export({ format: "jwk" });
  const bad: [string, object, string[]][] = [
    ["names neither issuer nor keys", { audiences: ["a"] }, ["issuer LTN2002"]],
    ["has keys of nobody", { jwks }, ["issuer LTN2002"]],
    ["has keys twice", { issuer: "a", jwks, jwksUri: "https://a.com" }, ["jwksUri LTN2003"]],
    [
      "has keys under both names",
      { issuer: "a", jwksUri: "https://a.com", jwks_uri: "https://a.com" },
      ["jwks_uri LTN2003"],
    ],
    ["has a URI of another sort", { issuer: "a", jwksUri: "ftp://a.com" }, ["jwksUri LTN2001"]],
    ["has a URI without host", { issuer: "a", jwksUri: "https:///keys" }, ["jwksUri LTN2001"]],
    ["has a URI with a bad port", { issuer: "a", jwksUri: "https://a.com:99999" }, ["jwksUri LTN2001"]],
    ["has a URI with a password", { issuer: "a", jwksUri: "https://u:p@a.com" }, ["jwksUri LTN2001"]],
    ["has keys that are none", { issuer: "a", jwks: "{}" }, ["jwks LTN2001"]],
    ["has a shared secret", { issuer: "a", jwks: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }, ["jwks LTN2001"]],
    [
      "has a hundred and one keys",
      { issuer: "a", jwks: JSON.stringify({ keys: Array(101).fill(key) }) },
      ["jwks LTN2001"],
    ],
    ["has an empty audience", { issuer: "a", jwks, audiences: [""] }, ["audiences[0] LTN2000"]],
    ["looks into no header", { issuer: "a", jwks, fromHeaders: [{ name: "" }] }, ["fromHeaders[0].name LTN2000"]],
    [
      "looks into what is no header",
      { issuer: "a", jwks, fromHeaders: [{ name: "x y" }] },
      ["fromHeaders[0].name LTN2001"],
    ],
    [
      "looks for a prefix of two lines",
      { issuer: "a", jwks, fromHeaders: [{ name: "x", prefix: "Bearer\n" }] },
      ["fromHeaders[0].prefix LTN2001"],
    ],
    ["looks into no parameter", { issuer: "a", jwks, fromParams: [""] }, ["fromParams[0] LTN2000"]],
    ["looks into no cookie", { issuer: "a", jwks, fromCookies: [""] }, ["fromCookies[0] LTN2000"]],
    ["writes into no header", { issuer: "a", jwks, outputPayloadToHeader: ":path" }, ["outputPayloadToHeader LTN2001"]],
    [
      "says the host by a token",
      { issuer: "a", jwks, outputPayloadToHeader: "Host" },
      ["outputPayloadToHeader LTN2001"],
    ],
    ["splits no claim", { issuer: "a", jwks, spaceDelimitedClaims: [""] }, ["spaceDelimitedClaims[0] LTN2000"]],
    ["waits for nothing", { issuer: "a", jwks, timeout: "0s" }, ["timeout LTN2001"]],
  ];
  for (const [what, rule, fields] of bad) {
    it(`is refused when it ${what}`, () => assert.deepEqual(problems("validate", rule), fields));
  }

  it("is refused with a claim in a pseudo-header", () => {
    const claim = { issuer: "a", jwks, outputClaimToHeaders: [{ header: ":authority", claim: "a" }] };
    assert.deepEqual(problems("validate", claim).length, 1);
  });

  const odd: [string, object, string[]][] = [
    ["it takes tokens of anybody", { jwksUri: "https://a.com" }, ["issuer LTN2006"]],
    ["its keys can never be found", { issuer: "accounts@a.com" }, ["issuer LTN2006"]],
    [
      "it tells a private key",
      { issuer: "a", jwks: JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] }) },
      ["jwks LTN2006"],
    ],
    ["it has no keys", { issuer: "a", jwks: '{"keys":[]}' }, ["jwks LTN2006"]],
    [
      "it writes one header twice",
      {
        ...{ issuer: "a", jwks, outputPayloadToHeader: "x-a" },
        outputClaimToHeaders: [{ header: "X-A", claim: "a" }],
      },
      ["outputClaimToHeaders[0].header LTN2006"],
    ],
    [
      "it writes where tokens are read by default",
      { issuer: "a", jwks, outputPayloadToHeader: "Authorization" },
      ["outputPayloadToHeader LTN2006"],
    ],
    [
      "it writes where it reads",
      { issuer: "a", jwks, fromHeaders: [{ name: "x-a" }], outputPayloadToHeader: "X-A" },
      ["outputPayloadToHeader LTN2006"],
    ],
  ];
  for (const [what, rule, fields] of odd) {
    it(`gets a warning when ${what}`, () => {
      assert.deepEqual(problems("validate", rule), []);
      assert.deepEqual(problems("warn", rule), fields);
    });
  }
});
