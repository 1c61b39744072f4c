/** Which Kubernetes API a command talks to. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { LateenError } from "../errors.ts";
import { runningWorld, type WorldFile } from "../local/world-file.ts";
import type { Connection } from "../store/cluster/connection.ts";
import { inClusterConnection } from "../store/cluster/in-cluster.ts";
import { kubeconfigConnection } from "../store/cluster/kubeconfig.ts";
import { type HomeOption, homeOf } from "./home.ts";
import { requireWorld } from "./status.ts";

export interface TargetOption extends HomeOption {
  kubeconfig?: string;
  /** One of the kubeconfig's contexts. */
  context?: string;
}

const NO_TARGET = "LTN5030";

export interface Target {
  connection: Connection;
  /** The one-machine world, when that is what is meant. */
  world: WorldFile | undefined;
}

/**
 * The first of: `--kubeconfig`; the world of a `--home` that was given; env KUBECONFIG; the world that runs in this
 * home; ~/.kube/config; the cluster that this process runs in.
 */
export async function targetOf(options: TargetOption, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const { kubeconfig, context, home } = options;
  const chosen = context === undefined ? {} : { context };
  const world = runningWorld(homeOf(options));
  const by = async (paths: readonly string[]): Promise<Target> => ({
    connection: await kubeconfigConnection(paths, chosen),
    world: world && paths.includes(world.kubeconfig) ? world : undefined,
  });
  if (kubeconfig !== undefined) return by([kubeconfig]);
  if (home !== undefined && home !== env.LATEEN_HOME) return by([requireWorld(homeOf(options)).kubeconfig]);
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 0) return by(listed);
  if (world && context === undefined) return by([world.kubeconfig]);
  const usual = join(env.HOME || homedir(), ".kube/config");
  if (existsSync(usual)) return by([usual]);
  if (env.KUBERNETES_SERVICE_HOST) return { connection: await inClusterConnection(env), world: undefined };
  throw new LateenError(
    NO_TARGET,
    `there is no Kubernetes API to talk to: --kubeconfig and KUBECONFIG name none, no world runs in ${homeOf(options)}, and ${usual} is not there`,
    "Name a cluster's kubeconfig with --kubeconfig, or start a world on this machine: lateen demo.",
  );
}

/** Whether what went wrong is that there is nothing to talk to, rather than that it does not work. */
export function isNoTarget(error: unknown): boolean {
  return error instanceof LateenError && error.code === NO_TARGET;
}
