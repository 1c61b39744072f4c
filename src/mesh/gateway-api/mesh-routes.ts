/** Routes whose parent is a Service (GAMMA): routes for the Service's clients in the mesh. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { HttpRoute } from "../model.ts";
import type { ParentResult } from "./attachments.ts";
import { inOrder } from "./hosts.ts";
import type { ResolvedRoute } from "./http-rules.ts";

/** Routes for clients of one port of a Service. What matches none of them gets status 404. */
export interface MeshRoutes {
  host: string;
  port: number;
  /** "" for clients of all namespaces; else only for those of this one, instead of the routes for all. */
  consumer: string;
  routes: readonly HttpRoute[];
}

interface Attached {
  route: string;
  host: string;
  port: number;
  consumer: string;
}

/** `HOST|PORT|NAMESPACE`, where an empty namespace is for the routes that all clients see. */
export function meshRoutesKey({ host, port, consumer }: Pick<MeshRoutes, "host" | "port" | "consumer">): string {
  return `${host}|${port}|${consumer}`;
}

export function wireMeshRoutes(
  graph: Graph,
  kind: string,
  { parents, resolved }: { parents: Collection<readonly ParentResult[]>; resolved: Collection<ResolvedRoute> },
): Collection<MeshRoutes> {
  const attached = graph.deriveMany<readonly ParentResult[], Attached>(
    `${kind}s attached to Services`,
    parents,
    (route, all) =>
      all.flatMap(({ service }) =>
        (service?.ports ?? []).map((port): [string, Attached] => {
          const row = { route, host: service?.host ?? "", port, consumer: service?.consumer ?? "" };
          return [`${route}|${meshRoutesKey(row)}`, row];
        }),
      ),
  );
  const byService = graph.index(attached, "service", (row) => [meshRoutesKey(row)]);
  return graph.derive<Attached, MeshRoutes>(`${kind}s of the mesh`, byService, (_bucket, rows, read) => {
    const [first] = rows.values();
    if (!first) return undefined;
    const { host, port, consumer } = first;
    const found = [...rows.values()].map(({ route }) => read.get(resolved, route)).filter((each) => each !== undefined);
    return { host, port, consumer, routes: inOrder(found.map((each) => towards(each, host, port))).routes };
  });
}

/** Routes that name no backend go on to the Service that the client called. */
function towards(resolved: ResolvedRoute, host: string, port: number): ResolvedRoute {
  const own = new Set(resolved.withoutBackend);
  const action = { type: "Forward", destinations: [{ host, port, subset: "", weight: 1 }] } as const;
  return { ...resolved, routes: resolved.routes.map((route, i) => (own.has(i) ? { ...route, action } : route)) };
}
