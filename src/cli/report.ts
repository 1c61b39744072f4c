import { LateenError } from "../errors.ts";

/** Prints what went wrong as a user needs it, and makes the process end with status 1. */
export function report(error: unknown): void {
  process.exitCode = 1;
  if (error instanceof LateenError) {
    console.error(`Error ${error.code}: ${error.message}`);
    if (error.remedy) console.error(`  ${error.remedy}`);
    return;
  }
  if (process.env.LATEEN_DEBUG) console.error(error);
  else console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
}
