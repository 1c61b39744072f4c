import { spawnSync } from "node:child_process";
import { LateenError } from "../../../src/errors.ts";
import { type RunOptions, run } from "../run.ts";

/** From 1.21 on, Go gets the newer version that a module asks for by itself, through the module proxy. */
const MINIMUM_MINOR = 21;

/** Runs Go from PATH or from where its own archive installs it. */
export function go(args: readonly string[], options: RunOptions = {}): string {
  // some systems' packages keep Go from getting a newer one
  const fixed = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" };
  return run(findGo(), args, { ...options, env: { GOTOOLCHAIN: "auto", ...process.env, ...options.env, ...fixed } });
}

function findGo(): string {
  for (const command of ["go", "/usr/local/go/bin/go"]) {
    const { stdout, status } = spawnSync(command, ["env", "GOVERSION"], { encoding: "utf8", cwd: "/" });
    const minor = /^go1\.(\d+)/.exec(stdout ?? "")?.[1];
    if (status === 0 && Number(minor) >= MINIMUM_MINOR) return command;
  }
  throw new LateenError(
    "LTN5505",
    `Kubernetes is built from its Go modules, and there is no Go 1.${MINIMUM_MINOR} or later in PATH or /usr/local/go/bin`,
    "Install it: the package golang of your system when it is recent enough, or the archive of https://go.dev/dl",
  );
}
