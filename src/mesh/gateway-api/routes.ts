/** Routes of one kind: what their parents make of them, what their rules come to, and what their status says. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { ParentRef } from "../../kinds/gateway-api/common.ts";
import type { Kind } from "../../kinds/kind.ts";
import type { KubeObject } from "../../store/object.ts";
import type { StatusRow } from "../status-row.ts";
import { type AttachmentSources, type ParentResult, parentResults } from "./attachments.ts";
import type { BackendContext } from "./backends.ts";
import { clusterDomainOf } from "./cluster-domain.ts";
import type { Grants } from "./grants.ts";
import { type Parsed, parsedObjects } from "./objects.ts";
import { type RouteFaults, type RouteStatus, routeStatus } from "./route-status.ts";

export interface Routes<R extends object> {
  kind: string;
  parents: Collection<readonly ParentResult[]>;
  resolved: Collection<R>;
  statuses: Collection<StatusRow<RouteStatus>>;
}

export interface RouteSources extends AttachmentSources {
  grants: Grants;
}

interface RouteSpec {
  parentRefs?: readonly ParentRef[];
  hostnames?: readonly string[];
}

export function wireRoutes<S extends RouteSpec, R extends RouteFaults>(
  graph: Graph,
  kind: Kind<KubeObject & { spec: S }>,
  objects: Collection<KubeObject>,
  sources: RouteSources,
  resolve: (route: Parsed<S>, context: Omit<BackendContext, "from">) => R,
): Routes<R> {
  const { kind: name } = kind.type;
  const routes = parsedObjects(graph, kind, objects);
  const resolved = graph.derive(`rules of ${name}s`, routes, (_key, route, read) =>
    resolve(route, {
      read,
      services: sources.services,
      ...(isForGateways(route.spec) && { grants: sources.grants }),
      clusterDomain: clusterDomainOf(sources.settings, read),
    }),
  );
  const parents = graph.derive(
    `parents of ${name}s`,
    routes,
    (_key, { namespace, spec }, read): readonly ParentResult[] => {
      const { parentRefs = [], hostnames = [] } = spec;
      return parentResults({ kind: name, namespace, parentRefs, hostnames }, sources, read);
    },
  );
  const statuses = graph.derive(`statuses of ${name}s`, routes, (key, route, read) =>
    routeStatus(kind.type, route, read.get(parents, key) ?? [], read.get(resolved, key)),
  );
  return { kind: name, parents, resolved, statuses };
}

/** A gateway sends for anybody; the mesh's clients, for whom other routes are, only for themselves. */
function isForGateways({ parentRefs = [] }: RouteSpec): boolean {
  return parentRefs.some(({ kind }) => kind !== "Service");
}
