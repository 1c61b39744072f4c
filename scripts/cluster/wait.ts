import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../src/errors.ts";

const PAUSE_MS = 100;

export interface Awaited {
  /** Begins the message when time is up. */
  what: string;
  seconds: number;
  remedy: string;
  /** What it throws counts as no, and is told when time is up. */
  holds(): boolean | Promise<boolean>;
  /** Throws when there is no use in waiting on. */
  meanwhile(): void;
}

export async function waitFor({ what, seconds, remedy, holds, meanwhile }: Awaited): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let problem = "";
  while (Date.now() < end) {
    try {
      if (await holds()) return;
    } catch (error) {
      problem = `: ${error instanceof Error ? error.message : error}`;
    }
    meanwhile();
    await sleep(PAUSE_MS);
  }
  throw new LateenError("LTN5506", `${what} took longer than ${seconds} s${problem}`, remedy);
}
