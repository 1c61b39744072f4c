import { join } from "node:path";
import { SYSTEM_PATH } from "./commands.ts";
import { MARKER } from "./processes.ts";

/** Of the processes that are ours and run Node: marked, and with a cache that halves their start and spares memory. */
export function ownEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: SYSTEM_PATH, [MARKER]: home, NODE_COMPILE_CACHE: join(home, "cache") };
}
