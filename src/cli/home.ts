import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface HomeOption {
  home?: string;
}

/** Where this world keeps its state: --home, LATEEN_HOME or ~/.lateen. */
export function homeOf({ home }: HomeOption): string {
  return home ? resolve(home) : join(homedir(), ".lateen");
}
