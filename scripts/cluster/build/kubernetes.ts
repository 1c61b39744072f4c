/**
 * Builds Kubernetes' binaries from the Go module proxy. Its main module replaces its parts (k8s.io/*) by folders of its
 * own repository; the same parts are published as modules, v1.X.Y as v0.X.Y, so a go.mod with those replacements will do.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARIES, KUBERNETES_VERSION } from "../instance.ts";
import { go } from "./go.ts";

const DAEMONS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];
const COMMANDS = [...DAEMONS, "kubectl"];

/** Those that are not there yet; a few minutes each. */
export function buildKubernetes(say: (line: string) => void, wanted: readonly string[] = COMMANDS): void {
  const missing = wanted.filter((command) => !existsSync(join(BINARIES, command)));
  if (missing.length === 0) return;
  say(`Building Kubernetes ${KUBERNETES_VERSION} from its Go modules, once: about 8 minutes on 2 cores.`);
  mkdirSync(BINARIES, { recursive: true });
  const cwd = mkdtempSync(join(BINARIES, "build-"));
  try {
    writeModule(cwd);
    for (const command of missing) {
      say(`  ${command} (${missing.indexOf(command) + 1} of ${missing.length}) …`);
      const output = join(cwd, command);
      go(["build", "-trimpath", "-ldflags", linkerFlags(), "-o", output, `k8s.io/kubernetes/cmd/${command}`], { cwd });
      renameSync(output, join(BINARIES, command));
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

function writeModule(cwd: string): void {
  writeFileSync(join(cwd, "go.mod"), "module lateen/kubernetes\n");
  const module = `k8s.io/kubernetes@v${KUBERNETES_VERSION}`;
  const downloaded: unknown = JSON.parse(go(["mod", "download", "-json", module], { cwd }));
  if (typeof downloaded !== "object" || downloaded === null || !("GoMod" in downloaded)) {
    throw new Error(`go mod download ${module} does not say where its go.mod is`);
  }
  writeFileSync(join(cwd, "go.mod"), moduleFile(readFileSync(String(downloaded.GoMod), "utf8"), KUBERNETES_VERSION));
  const imports = DAEMONS.map((command) => `\t_ "k8s.io/kubernetes/cmd/${command}/app"`);
  writeFileSync(join(cwd, "tools.go"), `package tools\n\nimport (\n${imports.join("\n")}\n)\n`);
  // -e: modules that only tests need may be gone
  go(["mod", "tidy", "-e"], { cwd });
}

/** The go.mod that builds Kubernetes, from Kubernetes' own. */
export function moduleFile(kubernetes: string, version: string): string {
  const lines = kubernetes.split("\n");
  const language = lines.filter((line) => /^(go|godebug) /.test(line));
  const parts = new Set(lines.flatMap((line) => /^\s*(k8s\.io\/[a-z0-9-]+) => \.\/staging/.exec(line)?.[1] ?? []));
  const library = version.replace(/^1\./, "0.");
  return [
    "module lateen/kubernetes",
    ...language,
    `require k8s.io/kubernetes v${version}`,
    "replace (",
    ...[...parts].sort().map((part) => `\t${part} => ${part} v${library}`),
    ")",
    "",
  ].join("\n");
}

function linkerFlags(): string {
  const [major = "", minor = ""] = KUBERNETES_VERSION.split(".");
  const facts = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const set = Object.entries(facts).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ["-s", "-w", ...set].join(" ");
}
