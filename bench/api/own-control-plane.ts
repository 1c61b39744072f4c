import { readdirSync, readFileSync } from "node:fs";
import { ClusterWorld } from "../../test/support/cluster-world.ts";
import { eventually } from "../../test/support/eventually.ts";

const NAME = "bench";

export interface ControlPlane {
  kubeconfig: string;
  /** `host:port`, reachable from here. */
  xds: string;
  /** Its process as this machine sees it; undefined where it runs elsewhere. */
  pid: number | undefined;
  close(): Promise<void>;
}

/** Lateen as installed on a cluster of its own. */
export async function ownControlPlane(): Promise<ControlPlane> {
  const world = new ClusterWorld(NAME);
  try {
    await world.bare();
    await world.lateen("install", "--set", "profile=minimal", "-y");
    await world.kubectl("patch", "service", "istiod", "-n", "istio-system", "-p", '{"spec":{"type":"LoadBalancer"}}');
    const url = await eventually(() => world.gateway("istiod", "istio-system"));
    return {
      kubeconfig: world.kubeconfig,
      xds: `${new URL(url).hostname}:15012`,
      pid: discoveryProcess(),
      close: () => world.end(),
    };
  } catch (error) {
    await world.end();
    throw error;
  }
}

/** The process of that cluster's istiod: the node is in this machine's sight. */
function discoveryProcess(): number {
  const found = readdirSync("/proc").find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return command.includes("discovery") && readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`/lateen-${NAME}/`);
    } catch {
      return false; // it ended while we looked
    }
  });
  if (found === undefined) throw new Error("istiod's process is not to be found");
  return Number(found);
}
