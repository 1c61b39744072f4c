/** Issuers of tokens that live as long as the test: their keys are made when it runs. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";

/** Undefined: not there. */
type Loose<T> = { [K in keyof T]?: T[K] | undefined };

export interface TestIssuer {
  issuer: string;
  publicKey: KeyObject;
  /** `{"keys":[…]}` with its one public key. */
  jwks: string;
  /** Of alice, and for an hour, unless the claims say otherwise. */
  token(claims?: Loose<JWTPayload>, header?: Loose<JWTHeaderParameters>): Promise<string>;
}

type Algorithm = "RS256" | "PS256" | "ES256" | "EdDSA";

export function testIssuer(issuer: string, alg: Algorithm = "RS256", kid = `key of ${issuer}`): TestIssuer {
  const { publicKey, privateKey } = keyPair(alg);
  return {
    issuer,
    publicKey,
    jwks: JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid }] }),
    token: (claims = {}, header = {}) =>
      new SignJWT(given({ iss: issuer, sub: "alice", exp: secondsFromNow(3_600), ...claims }))
        .setProtectedHeader(given({ alg, kid, ...header }))
        .sign(privateKey),
  };
}

/** Without what is undefined. */
function given<T extends object>(fields: Loose<T>): T {
  return JSON.parse(JSON.stringify(fields));
}

export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

/** A token that nobody signs, or whose signature is `signature`. */
export function unsigned(header: object, claims: object, signature = ""): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.${signature}`;
}

function keyPair(alg: Algorithm) {
  switch (alg) {
    case "RS256":
    case "PS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "EdDSA":
      return generateKeyPairSync("ed25519");
  }
}
