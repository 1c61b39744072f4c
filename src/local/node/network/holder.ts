/**
 * A network namespace lives as long as a process is in it. A sleeping process holds each: then nothing has to be
 * mounted, and killing processes is all it takes to leave nothing behind. It outlives the node process.
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../../errors.ts";
import { commandPath, SYSTEM_PATH } from "../system/commands.ts";
import { MARKER, networkOf, type ProcessRef, processRef } from "../system/processes.ts";

const FOREVER = "2147483647";

export interface HolderOptions {
  home: string;
  /** Namespaces beside the network's, as options of unshare. */
  namespaces?: readonly string[];
  hostname?: string;
}

export async function startHolder(options: HolderOptions): Promise<ProcessRef> {
  // A container need not be root to listen on port 80: that is for its own namespace to say.
  const script = [
    "echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start",
    ...(options.hostname === undefined ? [] : ['hostname "$0"']),
    `exec sleep ${FOREVER}`,
  ].join("; ");
  const child = spawn(
    commandPath("unshare"),
    ["--net", ...(options.namespaces ?? []), "sh", "-c", `{ ${script}; } 2>/dev/null`, options.hostname ?? "holder"],
    {
      detached: true,
      stdio: "ignore",
      cwd: "/",
      env: { PATH: SYSTEM_PATH, [MARKER]: options.home },
    },
  );
  child.on("error", () => undefined);
  child.unref();
  const ours = networkOf(process.pid);
  for (let tries = 0; tries < 500 && child.pid !== undefined && child.exitCode === null; tries++) {
    const ref = processRef(child.pid);
    if (ref && networkOf(ref.pid) !== ours) return ref;
    await sleep(4);
  }
  throw new LateenError(
    "LTN1202",
    "A network namespace cannot be made.",
    "Run `lateen status` to see what this machine lacks, or start as root.",
  );
}

/** The arguments that run a command inside a holder's network namespace. */
export function inNetwork(holder: ProcessRef, command: string, ...args: readonly string[]): [string, string[]] {
  return ["nsenter", [`--net=/proc/${holder.pid}/ns/net`, commandPath(command), ...args]];
}
