import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { go } from "../../scripts/cluster/build/go.ts";

const VERSION = "v3.18.6";
const CACHE = join(homedir(), ".cache/lateen");

/** The path of the real helm, built once from its Go modules: some minutes. */
export function ensureHelm(): string {
  const path = join(CACHE, `helm-${VERSION}`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "helm-build-"));
  try {
    go(["install", "-trimpath", "-ldflags=-s -w", `helm.sh/helm/v3/cmd/helm@${VERSION}`], { env: { GOBIN: folder } });
    renameSync(join(folder, "helm"), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}
