import { createInterface } from "node:readline/promises";
import { LateenError } from "../errors.ts";

/** Asks before something is done that cannot simply be undone. Whoever answers anything but yes has cancelled. */
export async function confirm(question: string, { yes = false }: { yes?: boolean }): Promise<void> {
  if (yes) return;
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  process.stdout.write(`${question} Proceed? (y/N) `);
  try {
    for await (const answer of lines) {
      if (/^y(es)?$/i.test(answer.trim())) return;
      throw new LateenError("LTN5334", "cancelled: nothing was changed");
    }
  } finally {
    lines.close();
  }
  process.stdout.write("\n");
  throw new LateenError("LTN5334", "nobody answered, so nothing was changed", "To go on without being asked: -y");
}
