/** The statuses of Gateways and ListenerSets as rows: what they need to know of Services, proxies and routes. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshSettings } from "../model.ts";
import type { StatusRow } from "../status-row.ts";
import type { ParentResult } from "./attachments.ts";
import { clusterDomainOf } from "./cluster-domain.ts";
import { type GatewayState, type GatewayStatus, gatewayStatus } from "./gateway-status.ts";
import type { GatewayRow, Gateways } from "./gateways.ts";
import { type ListenerSetStatus, listenerSetStatus } from "./listener-set-status.ts";
import { type ListenerSets, parentOf, takesListeners } from "./listener-sets.ts";
import { addressesOf, isReady, wireReadyServices } from "./service-state.ts";

interface Sources {
  inputs: Pick<MeshInputs, "services" | "endpointSlices" | "namespaces">;
  gateways: Gateways;
  listenerSets: ListenerSets;
  /** By kind of route. */
  parents: readonly Collection<readonly ParentResult[]>[];
  settings: Collection<MeshSettings>;
}

interface ParentStatuses {
  gateways: Collection<StatusRow<GatewayStatus>>;
  listenerSets: Collection<StatusRow<ListenerSetStatus>>;
}

export function wireParentStatuses(graph: Graph, sources: Sources): ParentStatuses {
  const { inputs, gateways, listenerSets, settings } = sources;
  const ready = wireReadyServices(graph, inputs.endpointSlices);
  const byListener = sources.parents.map((rows) =>
    graph.index(rows, "listener", (results) =>
      results.flatMap(({ listeners }) => listeners.map(({ gateway, listener }) => `${gateway}|${listener}`)),
    ),
  );
  const stateOf = (key: string, gateway: GatewayRow, read: Reader): GatewayState => ({
    addresses: addressesOf(read.get(inputs.services, gateway.service), clusterDomainOf(settings, read)),
    ready: isReady(ready, read, gateway.service),
    attached: new Map(
      gateway.listeners.map(({ id }) => [
        id,
        byListener.reduce((sum, index) => sum + read.bucket(index, `${key}|${id}`).size, 0),
      ]),
    ),
  });
  return {
    gateways: graph.derive("gateway api gateway statuses", gateways.parsed, (key, { generation }, read) => {
      const gateway = read.get(gateways.rows, key);
      return gateway && gatewayStatus(gateway, generation, stateOf(key, gateway, read));
    }),
    listenerSets: graph.derive("listener set statuses", listenerSets.rows, (_key, set, read) => {
      const key = parentOf(set);
      const parsed = key === undefined ? undefined : read.get(gateways.parsed, key);
      const gateway = key === undefined ? undefined : read.get(gateways.rows, key);
      if (key === undefined || !parsed || !gateway) return undefined;
      const allowed = takesListeners(parsed, set.namespace, inputs.namespaces, read);
      return listenerSetStatus(set, gateway, stateOf(key, gateway, read), allowed);
    }),
  };
}
