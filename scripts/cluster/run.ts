/** Running commands of the machine, with an error that says what they said. */
import { spawnSync } from "node:child_process";
import { LateenError } from "../../src/errors.ts";

export interface RunOptions {
  input?: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** What the command printed. Throws when it fails. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): string {
  const { status, stdout, stderr, error } = attempt(command, args, options);
  if (status === 0) return stdout;
  const said = error?.message ?? (stderr.trim() || stdout.trim() || `it ended with ${status}`);
  throw new LateenError("LTN5502", `${command} ${args.slice(0, 6).join(" ")}: ${said}`);
}

export function succeeds(command: string, args: readonly string[]): boolean {
  return attempt(command, args, {}).status === 0;
}

function attempt(command: string, args: readonly string[], options: RunOptions) {
  return spawnSync(command, args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024, ...options });
}
