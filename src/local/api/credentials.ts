/** The tokens of those who run this world, and the kubeconfig files that hold them. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

export interface Credentials {
  admin: string;
  node: string;
}

/** Read from LATEEN_HOME/pki/tokens.json, or made there. They survive restarts, so that clients need not notice one. */
export function credentials(home: string): Credentials {
  const path = join(home, "pki", "tokens.json");
  mkdirSync(join(home, "pki"), { recursive: true, mode: 0o700 });
  try {
    const kept: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isCredentials(kept)) return kept;
  } catch {
    // None yet, or unreadable: new ones.
  }
  const made = { admin: newToken(), node: newToken() };
  writeFileSync(path, JSON.stringify(made), { mode: 0o600 });
  return made;
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

function isCredentials(value: unknown): value is Credentials {
  if (typeof value !== "object" || value === null || !("admin" in value) || !("node" in value)) return false;
  return typeof value.admin === "string" && typeof value.node === "string";
}

export interface KubeconfigOptions {
  server: string;
  /** PEM. */
  ca: string;
  user: string;
  token: string;
}

/** Writes a kubeconfig that only its owner can read. */
export function writeKubeconfig(path: string, { server, ca, user, token }: KubeconfigOptions): void {
  const name = "lateen";
  const text = stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
      contexts: [{ name, context: { cluster: name, user, namespace: "default" } }],
      users: [{ name: user, user: { token } }],
    },
    { lineWidth: 0 },
  );
  writeFileSync(path, text, { mode: 0o600 });
}

/** The port of an earlier run, so that a kubeconfig that somebody copied goes on working. */
export function earlierPort(kubeconfig: string): number | undefined {
  try {
    const config: unknown = parse(readFileSync(kubeconfig, "utf8"));
    const server = /https:\/\/127\.0\.0\.1:(\d+)/.exec(JSON.stringify(config))?.[1];
    return server === undefined ? undefined : Number(server);
  } catch {
    return undefined;
  }
}
