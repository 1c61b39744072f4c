import { readJson } from "./files.ts";
import type { ProcessRef } from "./processes.ts";

export function isProcessRef(value: unknown): value is ProcessRef {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "startTime" in value &&
    typeof value.startTime === "number"
  );
}

/** The process that a file under run/ names, alive or not. */
export function readProcessFile(file: string): ProcessRef | undefined {
  const value = readJson(file);
  return isProcessRef(value) ? { pid: value.pid, startTime: value.startTime } : undefined;
}
