/** The processes of a node, found in /proc: nothing that could be out of date is written down. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Instance } from "../instance.ts";

export const INIT = "node-init";

export interface Process {
  /** As the machine counts. */
  pid: number;
  words: string[];
}

/** Process 1 of the node, when the node is up. */
export function initOf({ state }: Instance): number | undefined {
  return processes().find(({ pid, words }) => words[0]?.endsWith(`/${INIT}`) && words[1] === state && isInit(pid))?.pid;
}

/** All processes in the node's own pid namespace: not those of its pods. */
export function processesOf(init: number): Process[] {
  const namespace = namespaceOf(init);
  return processes().filter(({ pid }) => pid !== init && namespaceOf(pid) === namespace);
}

function processes(): Process[] {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.map((pid) => ({ pid: Number(pid), words: read(pid, "cmdline").split("\0").slice(0, -1) }));
}

function isInit(pid: number): boolean {
  return /^NSpid:.*\s1$/m.test(read(String(pid), "status"));
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** "" when the process has ended meanwhile. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return "";
  }
}
