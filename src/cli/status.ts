import { LateenError } from "../errors.ts";
import { type MeshStatus, meshStatus, type SyncedProxy } from "../kubernetes/mesh-status.ts";
import { type WorldStatus, worldStatus } from "../local/status.ts";
import { runningWorld, type WorldFile } from "../local/world-file.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { askControlPlanes, type Located, proxiesOf } from "./control-planes.ts";
import { table } from "./table.ts";
import { targetOf } from "./target.ts";

interface ClusterStatus extends MeshStatus {
  apiServer: string;
  controlPlanes: Located<{ version: string }>[];
}

/** `lateen status`: of the world on this machine, or of the mesh on a cluster. */
export async function status(options: ClusterOption & { output: "text" | "json" }): Promise<void> {
  const { world } = await targetOf(options);
  const found = world ? await worldStatus(world) : await clusterStatus(options);
  if (options.output === "json") console.log(JSON.stringify(found, undefined, 2));
  else console.log("pid" in found ? worldText(found) : clusterText(found));
}

/** The world that runs in this home, or an error that says how to get one. */
export function requireWorld(home: string): WorldFile {
  const world = runningWorld(home);
  if (!world)
    throw new LateenError(
      "LTN5004",
      `no world runs in ${home}`,
      "Start one with lateen up, or with Bookinfo: lateen demo.",
    );
  return world;
}

export async function printStatus(home: string): Promise<void> {
  console.log(worldText(await worldStatus(requireWorld(home))));
}

function clusterStatus(options: ClusterOption): Promise<ClusterStatus> {
  return withCluster(options, async (cluster) => {
    const [versions, synced] = await Promise.all([
      askControlPlanes<{ version: string }>(cluster, "/debug/version"),
      askControlPlanes<(SyncedProxy & { proxy: { id: string }; connectedAt: number })[]>(cluster, "/debug/syncz"),
    ]);
    const mesh = await meshStatus({ store: cluster.store, proxies: proxiesOf(synced), allPods: false });
    const controlPlanes = versions.map(({ istiod, revision, body }) => ({ istiod, revision, version: body.version }));
    return { apiServer: cluster.connection.server.origin, controlPlanes, ...mesh };
  });
}

function worldText({ pid, apiServer, kubeconfig, ...mesh }: WorldStatus): string {
  const lines = [
    `Running     pid ${pid}`,
    `API server  ${apiServer}`,
    `kubectl     export KUBECONFIG=${kubeconfig}`,
    ...meshLines(mesh),
  ];
  return lines.join("\n");
}

function clusterText({ apiServer, controlPlanes, ...mesh }: ClusterStatus): string {
  const planes = controlPlanes.map(({ istiod, revision, version }) => [istiod, revision, version]);
  const [proxies = "", ...rest] = meshLines(mesh);
  const lines = [
    `API server  ${apiServer}`,
    proxies,
    "",
    ...table(["CONTROL PLANE", "REVISION", "VERSION"], planes),
    ...rest,
  ];
  return lines.join("\n");
}

function meshLines({ gateways, pods, proxies }: MeshStatus): string[] {
  const behind = proxies.filter(({ synced }) => !synced);
  const sync = behind.length === 0 ? "all in sync" : `out of sync: ${behind.map(({ name }) => name).join(", ")}`;
  return [
    `Proxies     ${proxies.length} connected, ${sync}`,
    "",
    ...table(
      ["GATEWAY", "NAMESPACE", "URL"],
      gateways.map(({ name, namespace, url }) => [name, namespace, url]),
    ),
    "",
    ...table(
      ["POD", "NAMESPACE", "READY", "STATUS", "RESTARTS"],
      pods.map((pod) => [pod.name, pod.namespace, pod.ready, pod.status, String(pod.restarts)]),
    ),
  ];
}
