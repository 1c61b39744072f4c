import { equal } from "../engine/equal.ts";
import { reflect } from "../store/reflector.ts";
import type { Store } from "../store/store.ts";
import { Authority, type AuthorityMaterial } from "./authority.ts";
import { ensureAuthority, PLUGGED_IN, SECRETS, SELF_SIGNED, storedAuthority } from "./authority-secret.ts";
import { anchorRoots, initialState, type RotationState, trustedRoots } from "./rotation.ts";
import { ROTATION, readState } from "./rotation-secret.ts";

/** The CA of the moment and whom to trust, and how to hear of others that take their place. */
export interface AuthoritySource {
  /** Issues the certificates of workloads. */
  current(): Authority;
  /** Whom workloads trust, in PEM: several while one CA replaces another. */
  roots(): string;
  /** Issues the control plane's own certificate. */
  anchor(): Authority;
  /** Whom to trust as the control plane, in PEM. */
  anchorRoots(): string;
  onChange(listener: () => void): () => void;
}

export interface FollowAuthorityOptions {
  store: Store;
  namespace: string;
  trustDomain: string;
  signal: AbortSignal;
  onError(error: unknown): void;
}

interface Snapshot {
  state: RotationState;
  source: AuthorityMaterial | undefined;
  current: Authority;
  anchor: Authority;
}

/**
 * Loads the CA, or makes it, and follows its Secrets. One that is deleted, or does not hold a CA that works, changes
 * nothing: what trusts the present one would break. Nor does another CA issue before it is written down that all trust
 * it; whoever leads sees to that.
 */
export async function followAuthority(options: FollowAuthorityOptions): Promise<AuthoritySource> {
  const { store, namespace, trustDomain, signal, onError } = options;
  const listeners = new Set<() => void>();
  const kept = await readState(store, namespace);
  const before = kept?.state ?? initialState((await ensureAuthority(store, namespace, trustDomain)).material);
  let now = await snapshot(store, namespace, before, kept && onError);
  let reloading = Promise.resolve();
  const reload = async (): Promise<void> => {
    const next = await snapshot(store, namespace, now.state, onError);
    if (signal.aborted || (equal(next.state, now.state) && equal(next.source, now.source))) return;
    now = next;
    for (const listener of listeners) listener();
  };
  const changed = (): void => {
    reloading = reloading.then(() => (signal.aborted ? undefined : reload())).catch(onError);
  };
  for (const name of [PLUGGED_IN, SELF_SIGNED, ROTATION]) {
    const selection = { namespace, fieldSelector: `metadata.name=${name}`, longestRetryMs: 5_000 };
    void reflect(store, SECRETS, selection, { sync: changed, change: changed, trouble: onError }, signal);
  }
  return {
    current: () => now.current,
    roots: () => trustedRoots(now.state, now.source),
    anchor: () => now.anchor,
    anchorRoots: () => anchorRoots(now.state, now.source),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What is in force: what is kept, or else what was before. Without `onError` the CA that people want must work too. */
async function snapshot(
  store: Store,
  namespace: string,
  before: RotationState,
  onError?: (error: unknown) => void,
): Promise<Snapshot> {
  const source = await wanted(store, namespace).catch((error: unknown) => {
    if (!onError) throw error;
    onError(error);
    return undefined;
  });
  const state = (await readState(store, namespace))?.state ?? before;
  try {
    return { source, ...(await load(state, namespace)) };
  } catch (error) {
    // what is kept has ended, say: then there is nothing to be careful about
    if (!source || !onError) throw error;
    onError(error);
    return { source, ...(await load(initialState(source), namespace)) };
  }
}

async function load(state: RotationState, namespace: string): Promise<Omit<Snapshot, "source">> {
  const where = `Secret ${namespace}/${ROTATION}`;
  const current = await Authority.load(state.signing, where);
  const anchor = await Authority.load(state.anchor, where).catch(() => current);
  return { state, current, anchor };
}

/** The CA that people want, if there is one. Rejects when it cannot work. */
export async function wanted(store: Store, namespace: string): Promise<AuthorityMaterial | undefined> {
  const stored = await storedAuthority(store, namespace);
  if (stored) await Authority.load(stored.material, stored.where);
  return stored?.material;
}

/** An authority that stays. */
export function constantAuthority(authority: Authority): AuthoritySource {
  const { roots } = authority;
  return {
    current: () => authority,
    roots: () => roots,
    anchor: () => authority,
    anchorRoots: () => roots,
    onChange: () => () => {},
  };
}
