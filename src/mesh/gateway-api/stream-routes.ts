/** TLSRoutes and TCPRoutes: where connections go that the gateway does not read requests from. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { StreamSpec } from "../../kinds/gateway-api/stream-route.ts";
import { type GatewayTcpContribution, tableOf } from "../gateways.ts";
import type { Destination, ObjectRef } from "../model.ts";
import type { ParentResult } from "./attachments.ts";
import { type BackendContext, resolveBackend } from "./backends.ts";
import type { Fault } from "./conditions.ts";
import type { GatewayRow } from "./gateways.ts";
import { GROUP, type Parsed } from "./objects.ts";
import { serverOf } from "./servers.ts";

export interface ResolvedStreamRoute {
  origin: ObjectRef;
  createdAt: number;
  destinations: readonly Destination[];
  /** Services that it sends to, `namespace/name`. */
  backends: readonly string[];
  refFault?: Fault;
}

export function resolveStreamRoute(
  kind: string,
  { namespace, name, createdAt, spec }: Parsed<StreamSpec>,
  context: Omit<BackendContext, "from">,
): ResolvedStreamRoute {
  const backends: BackendContext = { ...context, from: { group: GROUP, kind, namespace } };
  const resolved = spec.rules.flatMap(({ backendRefs }) =>
    backendRefs.map((ref) => ({ ...resolveBackend(ref, backends), weight: ref.weight ?? 1 })),
  );
  const fault = resolved.find((each) => each.fault)?.fault;
  return {
    origin: { kind: `${GROUP}/${kind}`, namespace, name },
    createdAt,
    destinations: resolved.map(({ destination, weight }) => ({ ...destination, weight })),
    backends: resolved.flatMap(({ service }) => service ?? []),
    ...(fault && { refFault: fault }),
  };
}

export interface StreamSources {
  gateways: Collection<GatewayRow>;
  parents: Collection<readonly ParentResult[]>;
  resolved: Collection<ResolvedStreamRoute>;
}

/** A row for each listener that a route is attached to, by gateway workload. */
export function wireStreamRoutes(
  graph: Graph,
  kind: string,
  { gateways, parents, resolved }: StreamSources,
): Collection<GatewayTcpContribution> {
  return graph.deriveMany<readonly ParentResult[], GatewayTcpContribution>(
    `connections of ${kind}s`,
    parents,
    (key, results, read) => {
      const route = read.get(resolved, key);
      if (!route) return [];
      return results.flatMap(({ listeners }) =>
        listeners.flatMap(({ gateway: at, listener: id, hosts }) => {
          const gateway = read.get(gateways, at);
          const listener = gateway?.listeners.find((each) => each.id === id);
          const server = listener && serverOf(listener);
          if (!gateway || !server) return [];
          const { origin, createdAt, destinations } = route;
          const routes = [{ name: key, origin, sniHosts: hosts, destinationSubnets: [], destinations }];
          return gateway.workloads.map((workload): [string, GatewayTcpContribution] => [
            `${workload}|${at}|${id}|${kind}|${key}`,
            {
              gateway: workload,
              targetPort: server.targetPort,
              bind: "",
              createdAt,
              table: tableOf(server),
              routes,
            },
          ]);
        }),
      );
    },
  );
}
