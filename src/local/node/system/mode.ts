import { readFileSync } from "node:fs";

/** `rootless`: root of a user namespace with one uid in it. There no other user exists, so none can be taken on. */
export type Mode = "root" | "rootless";

export function currentMode(): Mode {
  try {
    return modeOf(readFileSync("/proc/self/uid_map", "utf8"));
  } catch {
    return "root";
  }
}

/** From a uid_map: lines of first uid inside, first uid outside, count. */
function modeOf(uidMap: string): Mode {
  const count = uidMap
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2] ?? 0), 0);
  return count > 1 ? "root" : "rootless";
}
