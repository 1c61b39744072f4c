/**
 * JSON Web Key Sets, as far as proxies get them: public keys that can verify tokens, each cut down to what that needs.
 * A private key that was put there by mistake goes no further, and a shared secret refuses the whole set: whoever reads
 * the set could sign with it.
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

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
    return read.key ? [JSON.stringify(read.key)] : [];
  });
  // some issuers give the same keys in another order each time
  return { jwks: `{"keys":[${usable.sort().join()}]}`, size: usable.length, notes };
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
  const read = publicPart(jwk);
  if (!read) return { note: "it is no public key of type RSA, EC or OKP, and not used" };
  const key = read.export({ format: "jwk" });
  const algorithms = key.crv === undefined ? RSA : (ALGORITHMS[key.crv] ?? []);
  const alg = member(jwk, "alg");
  if (algorithms.length === 0) return { note: `tokens signed with ${key.crv} cannot be verified` };
  if (key.crv === undefined && !isUsual(read, key))
    return { note: "its modulus or exponent is not of a usual RSA key" };
  if (alg !== undefined && !algorithms.some((each) => each === alg)) {
    return { note: `its alg is not one that verifies tokens with it: ${algorithms.join(", ")}` };
  }
  const kid = member(jwk, "kid");
  return {
    key: { ...key, ...(typeof kid === "string" && { kid }), ...(alg !== undefined && { alg }) },
    ...("d" in jwk && { note: "it is a private key; only its public part is given to proxies" }),
  };
}

function publicPart(jwk: object): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch {
    return undefined;
  }
}

/** The others are weak, or such that Envoy would refuse the configuration that they stand in. */
function isUsual({ asymmetricKeyDetails = {} }: KeyObject, { n = "" }: JsonWebKey): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails;
  const isOdd = ((Buffer.from(n, "base64url").at(-1) ?? 0) & 1) === 1;
  const exponent = publicExponent >= 3n && publicExponent < 2n ** 32n && publicExponent % 2n === 1n;
  return modulusLength >= 2048 && modulusLength <= 8192 && isOdd && exponent;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
