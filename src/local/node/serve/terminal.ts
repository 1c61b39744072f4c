import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { run } from "../system/run.ts";

/** Sets the size of the terminal that a script(1) process made. `size` is the client's JSON, {"Width":80,"Height":24}. */
export function resizeTerminal(pid: number, size: string): void {
  const [width, height] = [/"Width":\s*(\d+)/i.exec(size)?.[1], /"Height":\s*(\d+)/i.exec(size)?.[1]];
  if (width === undefined || height === undefined) return;
  const child = readdirSync("/proc").find((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  if (child === undefined) return;
  try {
    const terminal = readlinkSync(`/proc/${child}/fd/0`);
    if (!terminal.startsWith("/dev/pts/")) return;
    void run("stty", ["-F", terminal, "cols", width, "rows", height]);
  } catch {
    // It has just ended.
  }
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}
