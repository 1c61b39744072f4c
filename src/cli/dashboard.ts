import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { LateenError } from "../errors.ts";
import type { Connection } from "../store/cluster/connection.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { interruptible } from "./interruptible.ts";
import { findProxyPod } from "./kubernetes/find-pod.ts";
import { type PodName, portForward } from "./port-forward.ts";
import { ADMIN_PORT, adminGet } from "./proxy-admin.ts";

export interface DashboardOptions extends ClusterOption {
  namespace?: string;
  port: number;
}

/** `lateen dashboard envoy`: the admin pages of a pod's Envoy, at a port of this machine, until Ctrl-C. */
export async function dashboardEnvoy(word: string, options: DashboardOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const pod = await findProxyPod(cluster, word, options.namespace);
    // Says at once what keeps us from there.
    await adminGet(cluster.connection, pod, "/server_info");
    await interruptible((signal) => forward(cluster.connection, pod, options.port, signal));
  });
}

async function forward(connection: Connection, pod: PodName, port: number, signal: AbortSignal): Promise<void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    portForward(connection, pod, ADMIN_PORT)
      .then((stream) => Promise.all([pipeline(socket, stream), pipeline(stream, socket)]))
      .catch(() => socket.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((error: Error) => {
    throw new LateenError("LTN5034", `cannot listen on port ${port}: ${error.message}`, "Name another with --port.");
  });
  const { port: chosen } = server.address() as AddressInfo;
  console.log(`http://localhost:${chosen}\nCtrl-C ends it.`);
  if (!signal.aborted) await once(signal, "abort");
  for (const socket of open) socket.destroy();
  server.close();
}
