import { accessSync, constants, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { LateenError } from "../errors.ts";

export interface HomeOption {
  home?: string;
}

/** Where this world keeps its state: --home, LATEEN_HOME or ~/.lateen. */
export function homeOf({ home }: HomeOption): string {
  return home ? resolve(home) : join(homedir(), ".lateen");
}

/** The same, made if it is not there; refused when it cannot be used. */
export function usableHome(home: string): string {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
    return home;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LateenError(
      "LTN5007",
      `the home ${home} cannot be used: ${why}`,
      "Name a folder that you may write to, with --home or LATEEN_HOME.",
    );
  }
}
