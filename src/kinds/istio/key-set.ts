/**
 * JSON Web Key Sets, as far as proxies get them: public keys that can verify tokens, each cut down to what that needs.
 * A private key that was put there by mistake goes no further, and a shared secret refuses the whole set: whoever reads
 * the set could sign with it.
 */
import { createPublicKey } from "node:crypto";

export interface KeySet {
  /** `{"keys":[…]}`. */
  jwks: string;
  /** How many keys are in it. */
  size: number;
  /** What was left out, and why: `keys[1]: …`. */
  notes: readonly string[];
}

/** No issuer needs more, and each proxy that verifies its tokens holds them all. */
const MOST_KEYS = 100;

/** @returns why it is refused, or the set. */
export function readKeySet(text: string): KeySet | { fault: string } {
  const keys = keysOf(text);
  if (keys === undefined) return { fault: 'it is no JSON Web Key Set, {"keys":[…]}' };
  if (keys.length > MOST_KEYS) return { fault: `it has ${keys.length} keys; ${MOST_KEYS} is the most` };
  const secret = keys.findIndex((key) => member(key, "kty") === "oct");
  if (secret >= 0) return { fault: `keys[${secret}] is a shared secret (oct): whoever sees it could sign tokens` };
  const notes: string[] = [];
  const usable = keys.flatMap((key, i) => {
    const read = publicKey(key);
    if (read.note !== undefined) notes.push(`keys[${i}]: ${read.note}`);
    return read.key ? [read.key] : [];
  });
  return { jwks: JSON.stringify({ keys: usable }), size: usable.length, notes };
}

function keysOf(text: string): readonly object[] | undefined {
  try {
    const keys: unknown = member(JSON.parse(text), "keys");
    return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null) ? keys : undefined;
  } catch {
    return undefined;
  }
}

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

/** By curve, for elliptic ones. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "P-256": ["ES256"],
  "P-384": ["ES384"],
  "P-521": ["ES512"],
  Ed25519: ["EdDSA"],
};

function publicKey(jwk: object): { key?: object; note?: string } {
  if (member(jwk, "use") === "enc") return { note: "it is for encryption, and not used" };
  let key: object;
  try {
    key = createPublicKey({ key: { ...jwk }, format: "jwk" }).export({ format: "jwk" });
  } catch {
    return { note: "it is no public key of type RSA, EC or OKP, and not used" };
  }
  const curve = member(key, "crv");
  const algorithms = typeof curve === "string" ? (ALGORITHMS[curve] ?? []) : RSA;
  const alg = member(jwk, "alg");
  if (algorithms.length === 0) return { note: `tokens signed with ${String(curve)} cannot be verified` };
  if (alg !== undefined && !algorithms.some((each) => each === alg)) {
    return { note: `its alg is not one that verifies tokens with it: ${algorithms.join(", ")}` };
  }
  const kid = member(jwk, "kid");
  return {
    key: { ...key, ...(typeof kid === "string" && { kid }), ...(alg !== undefined && { alg }) },
    ...("d" in jwk && { note: "it is a private key; only its public part is given to proxies" }),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
