import type { Issued } from "./authority.ts";
import type { AuthoritySource } from "./authority-source.ts";

/** A certificate in PEM with its key, and how to hear of its successors. */
export interface ServerIdentity {
  current(): { certificate: string; privateKey: string };
  onChange(listener: () => void): () => void;
}

export interface ServerCertificateOptions {
  authority: AuthoritySource;
  dnsNames: readonly string[];
  /** Default: a day. */
  ttlMs?: number;
  /** Stops the renewal. */
  signal: AbortSignal;
  /** A renewal that failed; it is tried again in a minute. */
  onError(error: unknown): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = 60_000;

/** The names by which proxies and the API server call the control plane of a revision. */
export function controlPlaneNames(namespace: string, clusterDomain: string, revision = "default"): string[] {
  const services = revision === "default" ? ["istiod"] : [`istiod-${revision}`, "istiod"];
  const names = services.map((name) => `${name}.${namespace}`);
  return [...names.flatMap((name) => [`${name}.svc`, name, `${name}.svc.${clusterDomain}`]), "localhost"];
}

/** The control plane's own certificate, renewed at half of its life, and when another CA issues it. */
export async function serverCertificate(options: ServerCertificateOptions): Promise<ServerIdentity> {
  const { authority, dnsNames, ttlMs = DAY_MS, signal, onError } = options;
  const listeners = new Set<() => void>();
  let current = pair(await authority.anchor().issueServer(dnsNames, ttlMs));
  let timer: NodeJS.Timeout | undefined;
  const plan = (inMs: number): void => {
    clearTimeout(timer);
    if (signal.aborted) return;
    timer = setTimeout(renew, inMs);
    timer.unref();
  };
  const renew = (): void => {
    authority
      .anchor()
      .issueServer(dnsNames, ttlMs)
      .then(
        (issued) => {
          current = pair(issued);
          for (const listener of listeners) listener();
          plan(ttlMs / 2);
        },
        (error: unknown) => {
          onError(error);
          plan(RETRY_MS);
        },
      );
  };
  plan(ttlMs / 2);
  const forget = authority.onChange(renew);
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(timer);
      forget();
    },
    { once: true },
  );
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function pair({ certificate, privateKey }: Issued): { certificate: string; privateKey: string } {
  if (privateKey === undefined) throw new Error("a server certificate comes with its key");
  return { certificate, privateKey };
}
