import { join } from "node:path";
import { BINARIES, type Instance } from "./instance.ts";
import { type RunOptions, run } from "./run.ts";

/** The cluster's own kubectl, as its administrator. */
export function kubectl({ kubeconfig }: Instance, args: readonly string[], options: RunOptions = {}): string {
  return run(join(BINARIES, "kubectl"), ["--kubeconfig", kubeconfig, ...args], options);
}
