import { LateenError } from "../errors.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { askControlPlanes, merged } from "./control-planes.ts";

/** `lateen x internal-debug`: JSON, of all control planes together. */
export async function internalDebug(page: string, options: ClusterOption): Promise<void> {
  const path = page.startsWith("/") ? page : `/debug/${page}`;
  const replies = await withCluster(options, (cluster) => askControlPlanes<unknown>(cluster, path));
  if (replies.length === 0) {
    throw new LateenError("LTN5033", `no control plane has a page ${path}`, "See lateen x internal-debug --help.");
  }
  console.log(JSON.stringify(merged(replies), undefined, 2));
}
