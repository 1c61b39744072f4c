import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Replaces a file at once: a reader, or we after a crash, find the old or the new one, never half of it. */
export function writeAtomically(file: string, content: string | Uint8Array, mode = 0o600): void {
  const next = `${file}.${process.pid}.tmp`;
  writeFileSync(next, content, { mode });
  renameSync(next, file);
}

export function writeJson(file: string, value: unknown): void {
  writeAtomically(file, `${JSON.stringify(value)}\n`);
}

/** What the file holds, or undefined when it is absent or not JSON: a crash may have come before it was written. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 2 });
}
