import { stringify } from "yaml";
import { LateenError } from "../errors.ts";
import { StoreError } from "../store/error.ts";
import { version } from "../version.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { askControlPlanes, type Located, proxiesOf } from "./control-planes.ts";
import { table } from "./table.ts";
import { isNoTarget } from "./target.ts";

export interface VersionOptions extends ClusterOption {
  short: boolean;
  remote: boolean;
  output: "text" | "json" | "yaml";
}

interface Proxy {
  proxy: { id: string; envoyVersion: string; metadata: Readonly<Record<string, unknown>> };
  connectedAt: number;
}

interface Remote {
  meshVersion: Located<{ version: string }>[];
  dataPlaneVersion: { id: string; version: string }[];
}

/** `lateen version`: this command's, and of what runs where a cluster can be asked. */
export async function printVersion(options: VersionOptions): Promise<void> {
  const found = options.remote ? await remote(options) : undefined;
  const problem = typeof found === "string" ? found : undefined;
  const running = typeof found === "object" ? found : undefined;
  if (options.output !== "text") {
    const all = { clientVersion: { version: version() }, ...running };
    console.log(options.output === "json" ? JSON.stringify(all, undefined, 2) : stringify(all).trimEnd());
    if (problem !== undefined) console.error(problem);
    return;
  }
  console.log(`client version: ${version()}`);
  if (problem !== undefined) console.error(problem);
  if (running) for (const line of lines(running, options.short)) console.log(line);
}

function lines({ meshVersion, dataPlaneVersion }: Remote, short: boolean): string[] {
  const versions = counted(dataPlaneVersion.map((each) => each.version));
  const proxies = `data plane version: ${versions.map(([name, count]) => `${name} (${count} proxies)`).join(", ") || "none"}`;
  if (!short) {
    const rows = meshVersion.map((each) => [each.istiod, each.revision, each.version]);
    return [...table(["CONTROL PLANE", "REVISION", "VERSION"], rows), proxies];
  }
  const own = [...new Set(meshVersion.map((each) => each.version))].join(", ");
  return [`control plane version: ${own}`, proxies];
}

/** Undefined where there is no cluster; a text when there is one that cannot be asked. */
async function remote(options: ClusterOption): Promise<Remote | string | undefined> {
  try {
    return await withCluster(options, async (cluster) => {
      const [versions, proxies] = await Promise.all([
        askControlPlanes<{ version: string }>(cluster, "/debug/version"),
        askControlPlanes<Proxy[]>(cluster, "/debug/syncz"),
      ]);
      return {
        meshVersion: versions.map(({ istiod, revision, body }) => ({ istiod, revision, version: body.version })),
        dataPlaneVersion: proxiesOf(proxies).map(({ proxy }) => ({ id: proxy.id, version: versionOf(proxy) })),
      };
    });
  } catch (error) {
    if (isNoTarget(error)) return undefined;
    if (error instanceof LateenError || error instanceof StoreError) return error.message;
    throw error;
  }
}

/** A proxy of ours says which version made it; of another it is known which Envoy it is. */
function versionOf({ metadata, envoyVersion }: Proxy["proxy"]): string {
  const own = metadata.ISTIO_VERSION;
  return typeof own === "string" ? own : `Envoy ${envoyVersion}`;
}

function counted(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
