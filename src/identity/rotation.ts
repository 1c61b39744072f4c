/**
 * How one CA takes the place of another without a handshake that fails: first everybody trusts the roots of both, then
 * the new one issues, and when nothing that the old one issued is left its root is trusted no longer. All of it is a
 * function of what is kept, of what the Secrets of people say, and of the time.
 */
import { equal } from "../engine/equal.ts";
import type { AuthorityMaterial } from "./authority.ts";
import { certificatesIn } from "./x509.ts";

export interface TrustedRoot {
  pem: string;
  /** Unix milliseconds: when it came to be trusted, and when it no longer will be. */
  since: number;
  until?: number;
}

/** What the control planes of a mesh agree upon. */
export interface RotationState {
  /** Issues the certificates of workloads. */
  signing: AuthorityMaterial;
  /**
   * Issues the control plane's own. Envoy reads only when it starts whom it trusts there: so it is one that every Envoy
   * knows that runs, and follows `signing` when all of them do.
   */
  anchor: AuthorityMaterial;
  /** Whom workloads trust. */
  roots: readonly TrustedRoot[];
}

export interface Periods {
  /**
   * In which a root that is new comes to be trusted by all: proxies that are connected hear of it at once, others who
   * have certificates when they look the next time.
   */
  spreadMs: number;
  /** For which a root is trusted after its CA has issued its last certificate: no less than certificates live. */
  outliveMs: number;
  /** After which a pod that starts finds a new root in its volume. */
  mountMs: number;
}

export const PERIODS: Periods = { spreadMs: 5 * 60_000, outliveMs: 25 * 60 * 60 * 1000, mountMs: 3 * 60_000 };

/** The start of everything: what is there is trusted by all. */
export function initialState(material: AuthorityMaterial): RotationState {
  const roots = certificatesIn(material.roots).sort();
  return { signing: material, anchor: material, roots: roots.map((pem) => ({ pem, since: 0 })) };
}

export interface Facts {
  /** The CA that people want. */
  source: AuthorityMaterial;
  now: number;
  periods: Periods;
  /** When the oldest of the proxies that run was started; Infinity where there are none. */
  oldestProxy: number;
}

/** The state that follows; the same object where nothing does. */
export function nextState(state: RotationState, facts: Facts): RotationState {
  const { source, now, periods, oldestProxy } = facts;
  const wanted = certificatesIn(source.roots);
  const known = new Map(state.roots.map((root) => [root.pem, root]));
  const since = (pem: string): number => known.get(pem)?.since ?? now;
  const spread = wanted.every((pem) => since(pem) + periods.spreadMs <= now);
  const signing = spread ? source : state.signing;

  const needed = new Set([...wanted, ...certificatesIn(signing.roots)]);
  const roots: TrustedRoot[] = [...needed].map((pem) => ({ pem, since: since(pem) }));
  for (const { pem, since, until = now + periods.outliveMs } of state.roots) {
    if (!needed.has(pem) && until > now) roots.push({ pem, since, until });
  }

  const mounted = Math.max(...certificatesIn(signing.roots).map(since)) + periods.mountMs;
  const anchor = isSame(signing, state.anchor) || mounted < Math.min(oldestProxy, now) ? signing : state.anchor;
  const next = { signing, anchor, roots: roots.sort((a, b) => (a.pem < b.pem ? -1 : 1)) };
  return equal(next, state) ? state : next;
}

/** Whom workloads trust, in PEM: what people want counts before it is written down. */
export function trustedRoots(state: RotationState, source: AuthorityMaterial | undefined): string {
  return bundle([...state.roots.map(({ pem }) => pem), ...certificatesIn(source?.roots ?? "")]);
}

/** Whom proxies that start trust as their control plane. */
export function anchorRoots(state: RotationState, source: AuthorityMaterial | undefined): string {
  return bundle([...certificatesIn(trustedRoots(state, source)), ...certificatesIn(state.anchor.roots)]);
}

function bundle(pems: readonly string[]): string {
  return [...new Set(pems)]
    .sort()
    .map((pem) => `${pem}\n`)
    .join("");
}

/** Whether both issue alike; whom they ask to be trusted may differ. */
function isSame(a: AuthorityMaterial, b: AuthorityMaterial): boolean {
  return a.certificate === b.certificate && a.chain === b.chain && a.privateKey === b.privateKey;
}
