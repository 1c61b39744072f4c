import { LateenError } from "../errors.ts";
import { type ClusterOption, podName, withCluster } from "./cluster.ts";
import { askControlPlanes, type Located, proxiesOf } from "./control-planes.ts";
import { table } from "./table.ts";

/** A proxy in `/debug/syncz`. */
interface Proxy {
  proxy: { id: string; namespace: string; pod: string; envoyVersion: string };
  connectedAt: number;
  known: boolean;
  synced: boolean;
  types: Type[];
}

interface Type {
  type: string;
  held: number;
  synced: boolean;
  inflight: number;
  rejections: Rejection[];
  lastSentAt?: number;
}

interface Rejection {
  name?: string;
  message: string;
  origins?: readonly { kind: string; namespace: string; name: string }[];
}

const TYPES: readonly (readonly [title: string, suffix: string])[] = [
  ["CDS", ".cluster.v3.Cluster"],
  ["LDS", ".listener.v3.Listener"],
  ["EDS", ".ClusterLoadAssignment"],
  ["RDS", ".RouteConfiguration"],
  ["VHDS", ".VirtualHost"],
];

export async function proxyStatus(
  pod: string | undefined,
  options: ClusterOption & { output: "text" | "json" },
): Promise<void> {
  const all = await withCluster(options, async (cluster) =>
    proxiesOf<Proxy>(await askControlPlanes<Proxy[]>(cluster, "/debug/syncz")),
  );
  const wanted = pod === undefined ? undefined : podName(pod);
  const proxies = all
    .filter(({ proxy }) => !wanted || (proxy.pod === wanted.name && proxy.namespace === wanted.namespace))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  if (wanted && proxies.length === 0) {
    throw new LateenError(
      "LTN5008",
      `no proxy of pod ${wanted.namespace}/${wanted.name} is connected`,
      "Has it a sidecar, and is it running? See lateen get pods -A, and lateen proxy-status for all that are.",
    );
  }
  if (options.output === "json") console.log(JSON.stringify(proxies, undefined, 2));
  else for (const line of lines(proxies)) console.log(line);
}

function lines(proxies: readonly Located<Proxy>[]): string[] {
  const rows = proxies.map((each) => [
    nameOf(each),
    ...TYPES.map(([, suffix]) => state(each, suffix)),
    each.istiod,
    each.revision,
    each.proxy.envoyVersion,
  ]);
  const rejections = proxies.flatMap((each) =>
    each.types.flatMap(({ rejections }) => rejections.map((one) => why(each, one))),
  );
  return [
    ...table(["NAME", ...TYPES.map(([title]) => title), "ISTIOD", "REVISION", "ENVOY"], rows),
    ...(rejections.length === 0 ? [] : ["", "Rejected; the last good configuration stays in force:", ...rejections]),
  ];
}

function nameOf({ proxy }: Proxy): string {
  return `${proxy.pod}.${proxy.namespace}`;
}

function state({ types, known }: Proxy, suffix: string): string {
  const type = types.find((each) => each.type.endsWith(suffix));
  if (!known || !type) return "NOT SENT";
  if (type.rejections.length > 0) return "REJECTED";
  return type.synced ? `SYNCED (${type.held})` : "STALE";
}

function why(proxy: Proxy, { name, message, origins = [] }: Rejection): string {
  const from = origins.map((origin) => `${origin.kind.split("/").at(-1)} ${origin.namespace}/${origin.name}`);
  const what = [name, from.length === 0 ? undefined : `from ${from.join(", ")}`].filter((part) => part !== undefined);
  return `  ${nameOf(proxy)}: ${what.join(" ")}: ${message.trim()}`;
}
