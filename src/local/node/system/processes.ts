/** Processes that outlive us are known by pid and start time: a pid alone may by now be someone else's. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessRef {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTime: number;
}

/** The environment variable that marks every process that a world's node starts, with the home as its value. */
export const MARKER = "LATEEN_NODE_HOME";

/** Undefined when there is no such process, or only its zombie. */
export function processRef(pid: number): ProcessRef | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command's name stands in parentheses and may hold anything, so count from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { pid, startTime: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

export function isAlive(ref: ProcessRef | undefined): ref is ProcessRef {
  return ref !== undefined && processRef(ref.pid)?.startTime === ref.startTime;
}

/** Sends a signal if it is still that process. */
export function signal(ref: ProcessRef, name: NodeJS.Signals): boolean {
  if (!isAlive(ref)) return false;
  try {
    return process.kill(ref.pid, name);
  } catch {
    return false;
  }
}

/** Whether it ended within the time. */
export async function ended(ref: ProcessRef, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  for (let pause = 2; isAlive(ref); pause = Math.min(pause * 2, 100)) {
    if (Date.now() >= until) return false;
    await sleep(pause);
  }
  return true;
}

export async function kill(ref: ProcessRef, timeoutMs = 5000): Promise<boolean> {
  signal(ref, "SIGKILL");
  return ended(ref, timeoutMs);
}

/** Processes that carry the mark of this home, but ourselves. */
export function markedProcesses(home: string): ProcessRef[] {
  const mark = `${MARKER}=${home}`;
  return allProcesses().filter((ref) => {
    try {
      return readFileSync(`/proc/${ref.pid}/environ`, "utf8").split("\0").includes(mark);
    } catch {
      return false;
    }
  });
}

/** Processes in one of these network namespaces (as /proc/PID/ns/net reads), but ourselves. */
export function processesInNetworks(networks: ReadonlySet<string>): ProcessRef[] {
  return allProcesses().filter((ref) => networks.has(networkOf(ref.pid) ?? ""));
}

export function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** 0 when there is no such process. */
export function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

function allProcesses(): ProcessRef[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => processRef(Number(name)))
    .filter((ref) => ref !== undefined);
}
