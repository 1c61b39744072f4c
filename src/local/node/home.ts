import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Where the node keeps what it must find again: everything is under LATEEN_HOME. */
export interface NodeHome {
  dir: string;
  run: string;
  logs: string;
  /** A folder per pod uid. */
  pods: string;
  nodeLog: string;
  /** {pid, startTime} of the node process. */
  nodeFile: string;
  agentFile: string;
  /** {pid, startTime} of the process that holds the node's network namespace. */
  holderFile: string;
  ipamFile: string;
  imagesFile: string;
  settingsFile: string;
  nodeSocket: string;
  apiSocket: string;
  xdsSocket: string;
}

export function nodeHome(home: string): NodeHome {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const dir = realpathSync(home);
  const run = join(dir, "run");
  const logs = join(dir, "logs");
  const pods = join(dir, "pods");
  for (const folder of [run, logs, pods]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    dir,
    run,
    logs,
    pods,
    nodeLog: join(logs, "node.log"),
    nodeFile: join(run, "node.json"),
    agentFile: join(run, "agent.json"),
    holderFile: join(run, "netns.json"),
    ipamFile: join(run, "ipam.json"),
    imagesFile: join(dir, "images.json"),
    settingsFile: join(dir, "settings.json"),
    nodeSocket: join(run, "node.sock"),
    apiSocket: join(run, "api.sock"),
    xdsSocket: join(run, "xds.sock"),
  };
}
