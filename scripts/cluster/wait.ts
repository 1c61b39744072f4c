import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../src/errors.ts";

const PAUSE_MS = 100;

/** Asks until `holds` says yes; what it throws counts as no, and is told when time is up. */
export async function waitFor(
  what: string,
  seconds: number,
  remedy: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let problem = "";
  while (Date.now() < end) {
    try {
      if (await holds()) return;
    } catch (error) {
      problem = `: ${error instanceof Error ? error.message : error}`;
    }
    await sleep(PAUSE_MS);
  }
  throw new LateenError("LTN5506", `${what} took longer than ${seconds} s${problem}`, remedy);
}
