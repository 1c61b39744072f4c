import { pino } from "pino";
import { environmentOf } from "../kubernetes/istiod/environment.ts";
import { type Istiod, startIstiod } from "../kubernetes/istiod/istiod.ts";
import { PORTS } from "../kubernetes/istiod/ports.ts";
import { ClusterStore } from "../store/cluster/cluster-store.ts";
import { inClusterConnection } from "../store/cluster/in-cluster.ts";
import { kubeconfigConnection } from "../store/cluster/kubeconfig.ts";

export interface DiscoveryOptions {
  kubeconfig?: string;
  context?: string;
  log_output_level: string;
}

/** `lateen discovery`: the control plane on a cluster, until SIGTERM. */
export async function discovery({ kubeconfig, context, log_output_level }: DiscoveryOptions): Promise<void> {
  const log = pino({ base: null, level: levelOf(log_output_level), formatters: { level: (level) => ({ level }) } });
  let istiod: Istiod | undefined;
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({}, "stops");
    await istiod?.stop();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
  const connection = kubeconfig
    ? await kubeconfigConnection(kubeconfig, { ...(context !== undefined && { context }) })
    : await inClusterConnection();
  istiod = await startIstiod({
    store: new ClusterStore(connection),
    environment: environmentOf(process.env),
    ports: PORTS,
    log,
  });
}

/** Istio's `default:info,ads:debug`, and plain `info`: what is said of all, or of the default scope. */
function levelOf(text: string): string {
  const scopes = text.split(",").map((part) => part.split(":"));
  const level = (
    scopes.find(([scope]) => scope === "default" || scope === "all")?.[1] ??
    scopes[0]?.at(-1) ??
    ""
  ).trim();
  const known: Readonly<Record<string, string>> = { warning: "warn", none: "silent" };
  return known[level] ?? (["debug", "info", "warn", "error", "fatal"].includes(level) ? level : "info");
}
