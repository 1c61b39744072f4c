import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parentOf } from "../system/processes.ts";
import { run } from "../system/run.ts";

/** How long script(1) may take to make its terminal. */
const ATTEMPTS = 100;
const PAUSE_MS = 50;

/**
 * Sets the size of the terminal that a script(1) process made, or is about to make: clients tell the size as soon as
 * they are connected. `size` is their JSON, {"Width":80,"Height":24}; `isLatest` says whether it is still the last word.
 */
export async function resizeTerminal(pid: number, size: string, isLatest: () => boolean): Promise<void> {
  const [width, height] = [/"Width":\s*(\d+)/i.exec(size)?.[1], /"Height":\s*(\d+)/i.exec(size)?.[1]];
  if (width === undefined || height === undefined) return;
  for (let attempt = 0; attempt < ATTEMPTS && isLatest(); attempt++) {
    const terminal = terminalOf(pid);
    if (terminal !== undefined) {
      await run("stty", ["-F", terminal, "cols", width, "rows", height]);
      return;
    }
    await sleep(PAUSE_MS);
  }
}

/** Undefined while there is none, or no more. */
function terminalOf(pid: number): string | undefined {
  const child = readdirSync("/proc").find((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid);
  if (child === undefined) return undefined;
  try {
    const terminal = readlinkSync(`/proc/${child}/fd/0`);
    return terminal.startsWith("/dev/pts/") ? terminal : undefined;
  } catch {
    return undefined;
  }
}
