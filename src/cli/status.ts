import { LateenError } from "../errors.ts";
import { type WorldStatus, worldStatus } from "../local/status.ts";
import { runningWorld, type WorldFile } from "../local/world-file.ts";
import { type HomeOption, homeOf } from "./home.ts";
import { table } from "./table.ts";

export async function status(options: HomeOption & { output: "text" | "json" }): Promise<void> {
  const home = homeOf(options);
  if (options.output === "json") console.log(JSON.stringify(await worldStatus(requireWorld(home)), undefined, 2));
  else await printStatus(home);
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
  console.log(text(await worldStatus(requireWorld(home))));
}

function text({ pid, apiServer, kubeconfig, gateways, pods, proxies }: WorldStatus): string {
  const behind = proxies.filter(({ synced }) => !synced);
  const lines = [
    `Running     pid ${pid}`,
    `API server  ${apiServer}`,
    `kubectl     export KUBECONFIG=${kubeconfig}`,
    `Proxies     ${proxies.length} connected, ${behind.length === 0 ? "all in sync" : `out of sync: ${behind.map(({ name }) => name).join(", ")}`}`,
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
  return lines.join("\n");
}
