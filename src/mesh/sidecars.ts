/** Sidecars (the kind): what the proxies of workloads may know of the mesh. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { Sidecar, SidecarSpec } from "../kinds/istio/sidecar-schema.ts";
import { byAge, createdAt } from "./age.ts";
import { covers } from "./hosts.ts";
import { labelTexts, selects } from "./labels.ts";
import type { Labels, MeshSettings, ObjectRef } from "./model.ts";

/** Key `namespace/name`. Those that narrow nothing have no row. */
export interface SidecarRow {
  origin: ObjectRef;
  createdAt: number;
  /** Empty: for all workloads of the namespace. */
  selector: Labels;
  /** Empty: everything. */
  egress: readonly { port: number | undefined; hosts: readonly { namespace: string; host: string }[] }[];
  outboundTrafficPolicy?: MeshSettings["outboundTrafficPolicy"];
}

export interface Sidecars {
  rows: Collection<SidecarRow>;
  /** Bucket `namespace/key=value` of the first label, `namespace/` for those without selector. */
  bySelector: Index<SidecarRow>;
}

export function wireSidecars(graph: Graph, sidecars: Collection<Sidecar>): Sidecars {
  const rows = graph.derive<Sidecar, SidecarRow>("sidecars", sidecars, (_key, { metadata, spec = {} }) => {
    const mode = spec.outboundTrafficPolicy?.mode;
    if (!spec.egress?.length && mode === undefined) return undefined;
    const { name, namespace = "" } = metadata;
    return {
      origin: { kind: "networking.istio.io/Sidecar", namespace, name },
      createdAt: createdAt(metadata),
      selector: spec.workloadSelector?.labels ?? {},
      egress: (spec.egress ?? []).map(egressListener),
      ...(mode && { outboundTrafficPolicy: mode }),
    };
  });
  const bySelector = graph.index(rows, "selector", ({ origin, selector }) => [
    `${origin.namespace}/${labelTexts(selector)[0] ?? ""}`,
  ]);
  return { rows, bySelector };
}

function egressListener({ port, hosts }: NonNullable<SidecarSpec["egress"]>[number]): SidecarRow["egress"][number] {
  return {
    port: port?.number || undefined,
    hosts: hosts.map((each) => {
      const slash = each.indexOf("/");
      return { namespace: each.slice(0, Math.max(slash, 0)), host: each.slice(slash + 1).toLowerCase() };
    }),
  };
}

/** The key of the Sidecar for a workload: one that selects it, else its namespace's, else the root namespace's. */
export function sidecarFor(
  { bySelector }: Sidecars,
  read: Reader,
  client: { namespace: string; labels: Labels },
  rootNamespace: string,
): string | undefined {
  const selecting = labelTexts(client.labels).flatMap((label) =>
    [...read.bucket(bySelector, `${client.namespace}/${label}`).values()].filter((row) =>
      selects(row.selector, client.labels),
    ),
  );
  for (const rows of [selecting, general(client.namespace), general(rootNamespace)]) {
    const [oldest] = rows.sort(byAge);
    if (oldest) return `${oldest.origin.namespace}/${oldest.origin.name}`;
  }
  return undefined;

  function general(namespace: string): SidecarRow[] {
    return [...read.bucket(bySelector, `${namespace}/`).values()];
  }
}

/** Whether a client with this Sidecar may know a host of an owner's namespace, on a port. */
export function imports(
  sidecar: SidecarRow | undefined,
  client: string,
  owner: string,
  host: string,
  port: number,
): boolean {
  if (!sidecar || sidecar.egress.length === 0) return true;
  const forPort = sidecar.egress.filter((listener) => listener.port === port);
  const listeners = forPort.length > 0 ? forPort : sidecar.egress.filter((listener) => listener.port === undefined);
  return listeners.some(({ hosts }) =>
    hosts.some(({ namespace, host: pattern }) => {
      const ours = namespace === "*" || namespace === owner || (namespace === "." && owner === client);
      return ours && (covers(pattern, host) || covers(host, pattern));
    }),
  );
}
