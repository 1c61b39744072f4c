import { StoreError } from "../store/error.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import { reflect } from "../store/reflector.ts";
import type { Store } from "../store/store.ts";
import { Authority, type AuthorityMaterial, createAuthority } from "./authority.ts";
import { IdentityError } from "./identity-error.ts";

const SECRETS: ResourceType = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };

/** Where people put a CA of their own, and where ours is kept: Istio's names. */
const PLUGGED_IN = "cacerts";
const SELF_SIGNED = "istio-ca-secret";

interface SecretObject extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/**
 * The mesh's CA: the one that was plugged in as Secret `cacerts`, or else the one of Secret `istio-ca-secret`, which is
 * made on first use. Two control planes that start at once agree: the loser of the race reads what the winner wrote.
 */
export async function loadAuthority(store: Store, namespace: string, trustDomain: string): Promise<Authority> {
  const kept = await stored(store, namespace);
  if (kept) return kept;
  return Authority.load(await make(store, namespace, trustDomain), `Secret ${namespace}/${SELF_SIGNED}`);
}

async function stored(store: Store, namespace: string): Promise<Authority | undefined> {
  for (const name of [PLUGGED_IN, SELF_SIGNED]) {
    const material = await read(store, namespace, name);
    if (material) return Authority.load(material, `Secret ${namespace}/${name}`);
  }
  return undefined;
}

/** The CA of the moment, and how to hear of another that takes its place. */
export interface AuthoritySource {
  current(): Authority;
  onChange(listener: () => void): () => void;
}

export interface FollowAuthorityOptions {
  store: Store;
  namespace: string;
  trustDomain: string;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/**
 * Loads the CA and follows its Secrets. One that is deleted, or does not hold a CA that works, changes nothing: what
 * trusts the present one would break.
 */
export async function followAuthority(options: FollowAuthorityOptions): Promise<AuthoritySource> {
  const { store, namespace, trustDomain, signal, onError } = options;
  const listeners = new Set<() => void>();
  let current = await loadAuthority(store, namespace, trustDomain);
  const reload = async (): Promise<void> => {
    const kept = await stored(store, namespace);
    if (!kept || kept.fingerprint === current.fingerprint || signal.aborted) return;
    current = kept;
    for (const listener of listeners) listener();
  };
  const changed = (): void => void reload().catch(onError);
  for (const name of [PLUGGED_IN, SELF_SIGNED]) {
    const selection = { namespace, fieldSelector: `metadata.name=${name}`, longestRetryMs: 5_000 };
    void reflect(store, SECRETS, selection, { sync: changed, change: changed, trouble: onError }, signal);
  }
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** An authority that stays. */
export function constantAuthority(authority: Authority): AuthoritySource {
  return { current: () => authority, onChange: () => () => {} };
}

async function read(store: Store, namespace: string, name: string): Promise<AuthorityMaterial | undefined> {
  let secret: SecretObject;
  try {
    secret = await store.get<SecretObject>(SECRETS, { namespace, name });
  } catch (error) {
    if (error instanceof StoreError && error.reason === "NotFound") return undefined;
    throw error;
  }
  const part = (key: string): string | undefined => {
    const value = secret.data?.[key];
    return value === undefined || value === "" ? undefined : Buffer.from(value, "base64").toString("utf8");
  };
  const certificate = part("ca-cert.pem");
  const privateKey = part("ca-key.pem");
  if (certificate === undefined || privateKey === undefined) {
    const missing = certificate === undefined ? "ca-cert.pem" : "ca-key.pem";
    throw new IdentityError("LTN6006", `Secret ${namespace}/${name}: data[${missing}] is missing`, "Add it.");
  }
  const roots = part("root-cert.pem") ?? certificate;
  // Istio keeps the root itself as chain of a self-signed CA: peers have it, so it need not travel.
  const chain = part("cert-chain.pem") ?? certificate;
  return { certificate, privateKey, roots, chain: chain.trim() === roots.trim() ? "" : chain };
}

async function make(store: Store, namespace: string, trustDomain: string): Promise<AuthorityMaterial> {
  const made = await createAuthority(trustDomain);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const secret: SecretObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: SELF_SIGNED, namespace },
    type: "istio.io/ca-root",
    data: {
      "ca-cert.pem": base64(made.certificate),
      "ca-key.pem": base64(made.privateKey),
      "root-cert.pem": base64(made.roots),
    },
  };
  try {
    await store.create(SECRETS, secret);
    return made;
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
    const winner = await read(store, namespace, SELF_SIGNED);
    if (!winner) throw error;
    return winner;
  }
}
