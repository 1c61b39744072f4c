/** A container's logs: a file per start, of which the last two are kept. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** `attempt` is the number of restarts before. */
export function logFile(folder: string, attempt: number): string {
  return join(folder, `${attempt}.log`);
}

export function dropOldLogs(folder: string, attempt: number): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const number = /^(\d+)\.log/.exec(name)?.[1];
    if (number !== undefined && Number(number) < attempt - 1) rmSync(join(folder, name), { force: true });
  }
}
