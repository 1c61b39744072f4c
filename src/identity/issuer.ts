import { createHash } from "node:crypto";
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import type { Input } from "../engine/input.ts";
import type { CertificateNeed, WorkloadCertificate } from "../envoy/wire/certificates.ts";
import { formatSpiffeId } from "../mesh/spiffe.ts";
import type { Authority } from "./authority.ts";
import type { AuthoritySource } from "./authority-source.ts";
import type { Subject } from "./leaf.ts";

export interface IssuerOptions {
  graph: Graph;
  needs: Collection<CertificateNeed>;
  /** Where certificates are put, under the keys of `needs`; taken away when they are needed no longer. */
  issued: Input<WorkloadCertificate>;
  authority: AuthoritySource;
  /** For who does not want less. Default, and most: a day. */
  ttlMs?: number;
  signal: AbortSignal;
  /** An issue that failed; it is tried again soon. */
  onError(error: unknown): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SHORTEST_MS = 10_000;
const RETRY_MS = 2_000;

/**
 * Gives every proxy that needs one a certificate of its own, and another at half of its life, when who it is or what it
 * is called changes, and when another CA issues. One that the proxy has from an earlier stream, maybe of another
 * control plane, counts as long as it would have counted here: its version says until when, and for whom. A proxy that
 * lies there only stays without.
 */
export function issueCertificates(options: IssuerOptions): void {
  const { graph, needs, issued, authority, ttlMs = DAY_MS, signal, onError } = options;
  /** What each proxy was given. */
  const versions = new Map<string, string>();
  /** For whom, and by whom, a certificate is being issued. */
  const underway = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();

  const lifeOf = (need: CertificateNeed): number =>
    Math.min(need.ttlMs === undefined ? ttlMs : Math.max(need.ttlMs, SHORTEST_MS), DAY_MS);
  const plan = (id: string, at: number): void => {
    clearTimeout(timers.get(id));
    timers.set(id, setTimeout(() => issue(id), Math.max(0, at - Date.now())).unref());
  };
  const issue = (id: string): void => {
    const need = needs.get(id);
    if (!need || signal.aborted) return;
    const digest = digestOf(authority.current(), need);
    if (underway.get(id) === digest) return;
    underway.set(id, digest);
    /** False when another was begun meanwhile, or none is needed any longer. */
    const done = (): boolean => underway.get(id) === digest && underway.delete(id) && needs.has(id) && !signal.aborted;
    issueOne(authority.current(), need, lifeOf(need)).then(
      (certificate) => {
        if (!done()) return;
        versions.set(id, certificate.version);
        plan(id, renewalOf(certificate.version));
        issued.set(id, certificate);
      },
      (error: unknown) => {
        if (!done()) return;
        onError(error);
        plan(id, Date.now() + RETRY_MS);
      },
    );
  };
  const check = (id: string): void => {
    const need = needs.get(id);
    if (!need) {
      forget(id);
      return;
    }
    const version = versions.get(id) ?? need.has;
    const good = version?.startsWith(`${digestOf(authority.current(), need)}.`) && renewalOf(version) > Date.now();
    if (!good) issue(id);
    else if (version !== undefined) plan(id, renewalOf(version));
  };
  const forget = (id: string): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    underway.delete(id);
    versions.delete(id);
    issued.delete(id);
  };

  const stops = [
    graph.onChange(needs, (changes) => {
      // later: whoever listens too shall have heard of this pass before there is another
      setImmediate(() => {
        if (!signal.aborted) for (const id of changes.keys()) check(id);
      });
    }),
    authority.onChange(() => {
      for (const id of needs.keys()) check(id);
    }),
  ];
  signal.addEventListener(
    "abort",
    () => {
      for (const stop of stops) stop();
      for (const timer of timers.values()) clearTimeout(timer);
    },
    { once: true },
  );
}

async function issueOne(authority: Authority, need: CertificateNeed, ttlMs: number): Promise<WorkloadCertificate> {
  const now = Date.now();
  const { certificate, privateKey, notAfter } = await authority.issue({
    spiffeId: formatSpiffeId(need),
    subject: subjectOf(need),
    ttlMs,
  });
  if (privateKey === undefined) throw new Error("a certificate of a proxy comes with its key");
  // not all at once: proxies that started together would renew together for ever
  const renewal = now + Math.max(1_000, (notAfter.getTime() - now) * (0.45 + 0.1 * Math.random()));
  return {
    version: `${digestOf(authority, need)}.${Math.floor(renewal).toString(36)}`,
    certificate,
    privateKey,
  };
}

/** The time at which a certificate of this version is replaced. */
function renewalOf(version: string): number {
  return Number.parseInt(version.slice(version.indexOf(".") + 1), 36) || 0;
}

/** Of who issued a certificate, for whom: two for which this differs are not as good as each other. */
function digestOf(authority: Authority, need: CertificateNeed): string {
  const text = [authority.issuer, formatSpiffeId(need), JSON.stringify(subjectOf(need))].join("\n");
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

/** X.520 allows 64 characters in each of these. */
const LONGEST = 64;

/**
 * What the workload is called, for the peer's Envoy to read as labels of metrics: `CN=reviews-v1,O=reviews,OU=v1`.
 * Labels and names of Kubernetes hold nothing that would have to be quoted; anything else is not shown.
 */
function subjectOf({ workload, app, version }: CertificateNeed): Subject {
  const shown = Object.entries({ CN: workload, O: app, OU: version })
    .filter(([, value]) => /^[A-Za-z0-9._-]+$/.test(value))
    .map(([name, value]) => [name, value.slice(0, LONGEST)]);
  return Object.fromEntries(shown);
}
