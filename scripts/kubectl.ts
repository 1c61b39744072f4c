/**
 * The kubectl that tests and benchmarks use: from PATH, or built once from its Go module into the user's cache, or the
 * official release, whose published checksum is verified.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const VERSION = "1.34.4";
const cached = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "lateen", `kubectl-${VERSION}`);

/** The path of a kubectl that works, got where there is none. `say` hears of what takes long. */
export async function ensureKubectl(say: (line: string) => void): Promise<string> {
  if (spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0) return "kubectl";
  if (existsSync(cached)) return cached;
  mkdirSync(join(cached, ".."), { recursive: true });
  if (spawnSync("go", ["version"], { stdio: "ignore" }).status === 0) {
    say(`Building kubectl ${VERSION} from its Go module (once, a few minutes) …`);
    build();
  } else {
    say(`Getting kubectl ${VERSION} …`);
    await download();
  }
  return cached;
}

function build(): void {
  const folder = mkdtempSync(join(tmpdir(), "lateen-kubectl-"));
  const go = (...args: string[]): void => {
    execFileSync("go", args, {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, CGO_ENABLED: "0" },
    });
  };
  try {
    writeFileSync(
      join(folder, "main.go"),
      `package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
`,
    );
    const library = VERSION.replace(/^1/, "0");
    go("mod", "init", "kubectl");
    go("get", `k8s.io/kubectl@v${library}`, `k8s.io/component-base@v${library}`);
    go("mod", "tidy");
    go(
      "build",
      "-trimpath",
      "-ldflags",
      `-s -w -X k8s.io/component-base/version.gitVersion=v${VERSION}`,
      "-o",
      "kubectl",
      ".",
    );
    renameSync(join(folder, "kubectl"), cached);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(): Promise<void> {
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const url = `https://dl.k8s.io/release/v${VERSION}/bin/linux/${arch}/kubectl`;
  const binary = Buffer.from(await get(url));
  const expected = Buffer.from(await get(`${url}.sha256`))
    .toString()
    .trim();
  const actual = createHash("sha256").update(binary).digest("hex");
  if (actual !== expected) throw new Error(`${url} has checksum ${actual}, not ${expected}: not used`);
  writeFileSync(`${cached}.part`, binary);
  chmodSync(`${cached}.part`, 0o755);
  renameSync(`${cached}.part`, cached);
}

async function get(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new Error(`There is no kubectl in PATH, and ${url} cannot be reached. Install kubectl or Go.`, {
      cause: error,
    });
  });
  if (!response.ok)
    throw new Error(`There is no kubectl in PATH, and ${url} answered ${response.status}. Install kubectl or Go.`);
  return response.arrayBuffer();
}
