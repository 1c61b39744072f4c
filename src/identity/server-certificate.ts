import type { Authority, Issued } from "./authority.ts";

/** A certificate in PEM with its key, and how to hear of its successors. */
export interface ServerIdentity {
  current(): { certificate: string; privateKey: string };
  onChange(listener: () => void): () => void;
}

export interface ServerCertificateOptions {
  authority: Authority;
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

/** The names by which proxies and the API server call the control plane. */
export function controlPlaneNames(namespace: string, clusterDomain: string): string[] {
  return [`istiod.${namespace}.svc`, `istiod.${namespace}`, `istiod.${namespace}.svc.${clusterDomain}`, "localhost"];
}

/** The control plane's own certificate, renewed at half of its life. */
export async function serverCertificate(options: ServerCertificateOptions): Promise<ServerIdentity> {
  const { authority, dnsNames, ttlMs = DAY_MS, signal, onError } = options;
  const listeners = new Set<() => void>();
  let current = pair(await authority.issueServer(dnsNames, ttlMs));
  let timer: NodeJS.Timeout | undefined;
  const plan = (inMs: number): void => {
    if (signal.aborted) return;
    timer = setTimeout(renew, inMs);
    timer.unref();
  };
  const renew = (): void => {
    authority.issueServer(dnsNames, ttlMs).then(
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
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
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
