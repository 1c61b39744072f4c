/** How to reach a Kubernetes API and who to be there. */
import { readFile } from "node:fs/promises";

export interface Connection {
  server: URL;
  /** A unix socket on which the same server listens. */
  socketPath?: string;
  ca?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** The name in the server's certificate, when it is not the host in `server`. */
  serverName?: string;
  /** Trust whoever answers. For tests and for who insists. */
  insecure?: boolean;
  /** Where commands look when they name no namespace. */
  namespace?: string;
  /** The bearer token of the moment: tokens expire, and are renewed in place. */
  token?(): Promise<string | undefined>;
}

/** How long a token file's content is believed. The kubelet renews it well before it expires. */
const TOKEN_FILE_MS = 60_000;

export function tokenFile(path: string): () => Promise<string> {
  let token = "";
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - readAt > TOKEN_FILE_MS) {
      token = (await readFile(path, "utf8")).trim();
      readAt = performance.now();
    }
    return token;
  };
}
