import { ensureEnvoy } from "../envoy/binary/ensure-envoy.ts";
import { LateenError } from "../errors.ts";
import { startWorld, type World } from "../local/world.ts";
import { runningWorld } from "../local/world-file.ts";
import { detached } from "./detach.ts";
import { type HomeOption, homeOf, usableHome } from "./home.ts";
import { printStatus } from "./status.ts";

export interface UpOptions extends HomeOption {
  detach?: boolean;
  envoy?: string;
}

/** `lateen up`: a world without applications; until Ctrl-C, or in the background. */
export async function up(options: UpOptions): Promise<void> {
  const home = homeOf(options);
  if (options.detach) await detached(home, options.envoy);
  else await foreground(home, options, () => printStatus(home));
  if (options.detach) await printStatus(home);
}

/** Brings up a world in this process, does `then`, and waits for Ctrl-C or SIGTERM to take it down. */
export async function foreground(home: string, options: UpOptions, then: () => Promise<void>): Promise<void> {
  const running = runningWorld(home);
  if (running) {
    throw new LateenError(
      "LTN5001",
      `a world runs in ${home} already (pid ${running.pid})`,
      "Stop it with lateen down, or use another --home.",
    );
  }
  usableHome(home);
  const say = (line: string): void => console.log(line);
  const envoy = await ensureEnvoy({ ...(options.envoy !== undefined && { explicit: options.envoy }), onProgress: say });
  let stopping = false;
  let world: World | undefined;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    say("Stopping …");
    await world?.stop();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop());
  world = await startWorld({ home, envoy, say });
  await then();
  process.send?.({ ready: true });
  if (!process.send) say("\nCtrl-C stops it.");
}
