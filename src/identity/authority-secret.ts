/** The Secrets in which CAs are kept, and what they hold. */
import { StoreError } from "../store/error.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import type { Store } from "../store/store.ts";
import type { AuthorityMaterial } from "./authority.ts";
import { IdentityError } from "./identity-error.ts";
import { createAuthority, type SelfSigned } from "./self-signed.ts";
import { certificatesIn } from "./x509.ts";

export const SECRETS: ResourceType = {
  group: "",
  version: "v1",
  plural: "secrets",
  kind: "Secret",
  namespaced: true,
};

/** Where people put a CA of their own, and where ours is kept: Istio's names. */
export const PLUGGED_IN = "cacerts";
export const SELF_SIGNED = "istio-ca-secret";

export interface SecretObject extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** The CA that people want: the one plugged in, or else the one that was made here. Undefined: there is neither. */
export async function storedAuthority(
  store: Store,
  namespace: string,
): Promise<{ material: AuthorityMaterial; where: string } | undefined> {
  for (const name of [PLUGGED_IN, SELF_SIGNED]) {
    const secret = await readSecret(store, namespace, name);
    if (secret) return { material: materialOf(secret), where: `Secret ${namespace}/${name}` };
  }
  return undefined;
}

export async function readSecret(store: Store, namespace: string, name: string): Promise<SecretObject | undefined> {
  try {
    return await store.get<SecretObject>(SECRETS, { namespace, name });
  } catch (error) {
    if (error instanceof StoreError && error.reason === "NotFound") return undefined;
    throw error;
  }
}

/** The parts' names in a Secret of type kubernetes.io/tls, such as cert-manager writes; Istio reads both. */
const AS_TLS: Readonly<Record<string, string>> = {
  "ca-cert.pem": "tls.crt",
  "ca-key.pem": "tls.key",
  "cert-chain.pem": "tls.crt",
  "root-cert.pem": "ca.crt",
};

function materialOf({ metadata, data = {} }: SecretObject): AuthorityMaterial {
  const part = (key: string): string => {
    const text = data[key] ?? data[AS_TLS[key] ?? ""] ?? "";
    return Buffer.from(text, "base64").toString("utf8");
  };
  const needed = (key: string): string => {
    if (part(key) !== "") return part(key);
    const secret = `Secret ${metadata.namespace}/${metadata.name}`;
    throw new IdentityError("LTN6006", `${secret}: data[${key}] is missing`, "Add it.");
  };
  const [certificate = needed("ca-cert.pem")] = certificatesIn(part("ca-cert.pem"));
  const roots = certificatesIn(part("root-cert.pem") || certificate);
  // as Istio reads it, the chain may hold the root, or nothing: peers have the root, so it need not travel
  const chain = certificatesIn(part("cert-chain.pem") || certificate).filter((pem) => !roots.includes(pem));
  return { certificate, privateKey: needed("ca-key.pem"), chain: chain.join("\n"), roots: roots.join("\n") };
}

/** What is in the Secret of a CA made here. */
export function selfSignedOf(secret: SecretObject): SelfSigned {
  const rootKey = Buffer.from(secret.data?.["root-key.pem"] ?? "", "base64").toString("utf8");
  return { ...materialOf(secret), rootKey };
}

export function secretOf(namespace: string, made: SelfSigned): SecretObject {
  const parts = {
    "ca-cert.pem": made.certificate,
    "ca-key.pem": made.privateKey,
    "cert-chain.pem": made.chain,
    "root-cert.pem": made.roots,
    "root-key.pem": made.rootKey,
  };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: SELF_SIGNED, namespace },
    type: "istio.io/ca-root",
    data: Object.fromEntries(Object.entries(parts).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
  };
}

/**
 * The CA that is there, or one that is made now. Two control planes that start at once agree: the loser of the race
 * reads what the winner wrote.
 */
export async function ensureAuthority(
  store: Store,
  namespace: string,
  trustDomain: string,
): Promise<{ material: AuthorityMaterial; where: string }> {
  const stored = await storedAuthority(store, namespace);
  if (stored) return stored;
  try {
    await store.create(SECRETS, secretOf(namespace, await createAuthority(trustDomain)));
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
  }
  const made = await storedAuthority(store, namespace);
  if (!made) throw new Error(`Secret ${namespace}/${SELF_SIGNED} went away as soon as it was made`);
  return made;
}
