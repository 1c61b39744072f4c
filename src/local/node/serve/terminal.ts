import { readdirSync, readlinkSync } from "node:fs";
import { parentOf } from "../system/processes.ts";
import { run } from "../system/run.ts";

/** Sets the size of the terminal that a script(1) process made. `size` is the client's JSON, {"Width":80,"Height":24}. */
export function resizeTerminal(pid: number, size: string): void {
  const [width, height] = [/"Width":\s*(\d+)/i.exec(size)?.[1], /"Height":\s*(\d+)/i.exec(size)?.[1]];
  if (width === undefined || height === undefined) return;
  const child = readdirSync("/proc").find((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid);
  if (child === undefined) return;
  try {
    const terminal = readlinkSync(`/proc/${child}/fd/0`);
    if (!terminal.startsWith("/dev/pts/")) return;
    void run("stty", ["-F", terminal, "cols", width, "rows", height]);
  } catch {
    // It has just ended.
  }
}
