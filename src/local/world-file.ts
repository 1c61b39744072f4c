import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, processRef } from "./node/system/processes.ts";

/** What is known of a running world from outside: LATEEN_HOME/run/world.json. */
export interface WorldFile {
  /** Of the control process. */
  pid: number;
  apiServer: string;
  kubeconfig: string;
}

export function writeWorldFile(home: string, world: WorldFile): void {
  const startTime = processRef(world.pid)?.startTime;
  writeFileSync(join(home, "run/world.json"), JSON.stringify({ ...world, startTime }), { mode: 0o600 });
}

/** The world that runs in this home; undefined when its control process is gone. */
export function runningWorld(home: string): WorldFile | undefined {
  try {
    const { pid, startTime, apiServer, kubeconfig } = JSON.parse(readFileSync(join(home, "run/world.json"), "utf8"));
    return isAlive({ pid, startTime }) ? { pid, apiServer, kubeconfig } : undefined;
  } catch {
    return undefined;
  }
}
