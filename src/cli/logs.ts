import { pipeline } from "node:stream/promises";
import { podKind } from "../kinds/core/pod.ts";
import { pathOf } from "../store/cluster/path.ts";
import { type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { containerOf, findPod } from "./kubernetes/find-pod.ts";

export interface LogsOptions extends ClusterOption {
  namespace?: string;
  container?: string;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tail?: number;
}

/** `lateen logs`: what a container wrote, as it wrote it. */
export async function logs(word: string, options: LogsOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const pod = await findPod(cluster, word, namespaceOf(options, cluster.connection));
    const { name, namespace } = pod.metadata;
    const query = {
      container: containerOf(pod, options.container),
      follow: options.follow,
      previous: options.previous,
      timestamps: options.timestamps,
      tailLines: options.tail,
    };
    const path = pathOf(podKind.type, namespace, name, query, "log");
    const log = await cluster.http.stream({ method: "GET", path, accept: "*/*" });
    await pipeline(log, process.stdout, { end: false });
  });
}
