import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What Lateen is built and tested with. */
export const ENVOY_VERSION = "1.40.0";

/** `1.40.0`; rejects when the program does not run or is something else. */
export async function envoyVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: 20_000 });
  const version = /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`it answers --version with ${JSON.stringify(stdout.slice(0, 100))}`);
  return version;
}

/** Not older than 1.40: what Lateen's configuration relies on came to be with it. */
export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 1 || (major === 1 && minor >= 40);
}
