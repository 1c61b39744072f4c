import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LateenError } from "../errors.ts";
import { cleanUp } from "../local/node/lifecycle.ts";
import { ended, kill, processRef } from "../local/node/system/processes.ts";
import { runningWorld } from "../local/world-file.ts";
import { type HomeOption, homeOf } from "./home.ts";

/** How long a world may take to stop its pods before it is killed: longer than a pod's own grace period. */
const PATIENCE_MS = 60_000;

/** `lateen down`: also after a crash, when only the pods are left. */
export async function down(options: HomeOption & { purge?: boolean }): Promise<void> {
  const home = homeOf(options);
  if (!existsSync(home)) {
    console.log(`There is no world in ${home}.`);
    return;
  }
  const world = runningWorld(home);
  const control = world && processRef(world.pid);
  if (control) {
    process.kill(control.pid, "SIGTERM");
    if (!(await ended(control, PATIENCE_MS))) await kill(control);
  }
  await cleanUp(home);
  rmSync(join(home, "run/world.json"), { force: true });
  if (options.purge) purge(home);
  console.log(
    options.purge ? `Stopped and forgotten: ${home}` : "Stopped. Its objects are kept: lateen up brings them back.",
  );
}

function purge(home: string): void {
  if (!existsSync(join(home, "lateen.db"))) {
    throw new LateenError("LTN5003", `${home} does not look like a world's home`, "Remove it yourself if you mean it.");
  }
  rmSync(home, { recursive: true, force: true });
}
