/** Tokens of service accounts: signed with a key of this world, for an audience, for a while, and while their pod lives. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as jose from "jose";

export const ISSUER = "https://kubernetes.default.svc.cluster.local";

export interface Bound {
  kind: "Pod" | "Secret" | "Node";
  name: string;
  uid: string;
}

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
  bound?: Bound;
}

export interface Token {
  token: string;
  /** RFC 3339. */
  expires: string;
}

export interface ServiceAccountTokens {
  issue(subject: TokenSubject, audiences: readonly string[], seconds: number): Promise<Token>;
  /** Checks signature, issuer and time; undefined when one does not hold. Whether the account lives is not checked. */
  verify(token: string): Promise<(TokenSubject & { audiences: string[]; id: string }) | undefined>;
  jwks: jose.JSONWebKeySet;
}

const ALGORITHM = "ES256";

export async function serviceAccountTokens(home: string): Promise<ServiceAccountTokens> {
  const jwk = await signingKey(join(home, "pki"));
  const privateKey = await jose.importJWK(jwk, ALGORITHM);
  const { d: _, ...publicJwk } = jwk;
  const publicKey = await jose.importJWK(publicJwk, ALGORITHM);
  const kid = await jose.calculateJwkThumbprint(publicJwk);
  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }] },
    async issue(subject, audiences, seconds) {
      const now = Math.floor(Date.now() / 1000);
      const { namespace, name, uid, bound } = subject;
      const token = await new jose.SignJWT({
        "kubernetes.io": {
          namespace,
          serviceaccount: { name, uid },
          ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        },
      })
        .setProtectedHeader({ alg: ALGORITHM, kid })
        .setIssuer(ISSUER)
        .setSubject(`system:serviceaccount:${namespace}:${name}`)
        .setAudience([...audiences])
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + seconds)
        .setJti(randomUUID())
        .sign(privateKey);
      return { token, expires: `${new Date((now + seconds) * 1000).toISOString().slice(0, 19)}Z` };
    },
    async verify(token) {
      try {
        const { payload } = await jose.jwtVerify(token, publicKey, { issuer: ISSUER, algorithms: [ALGORITHM] });
        return subjectOf(payload);
      } catch {
        return undefined;
      }
    },
  };
}

async function signingKey(directory: string): Promise<jose.JWK> {
  const path = join(directory, "service-account.jwk");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // None yet.
  }
  const { privateKey } = await jose.generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await jose.exportJWK(privateKey);
  writeFileSync(path, JSON.stringify(jwk), { mode: 0o600 });
  return jwk;
}

function subjectOf(payload: jose.JWTPayload): (TokenSubject & { audiences: string[]; id: string }) | undefined {
  const claims = payload["kubernetes.io"];
  const namespace = text(claims, "namespace");
  const account = field(claims, "serviceaccount");
  const name = text(account, "name");
  const uid = text(account, "uid");
  if (namespace === undefined || name === undefined || uid === undefined) return undefined;
  const bound = boundOf(claims);
  const audiences = typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []);
  return { namespace, name, uid, audiences, id: payload.jti ?? "", ...(bound && { bound }) };
}

function boundOf(claims: unknown): Bound | undefined {
  for (const kind of ["Pod", "Secret", "Node"] as const) {
    const object = field(claims, kind.toLowerCase());
    const name = text(object, "name");
    const uid = text(object, "uid");
    if (name !== undefined && uid !== undefined) return { kind, name, uid };
  }
  return undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === "string" ? found : undefined;
}
