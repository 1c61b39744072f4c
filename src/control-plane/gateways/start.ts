/** What the control plane does for the Gateway API besides serving it: classes, deployments and statuses. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { GatewayApi } from "../../mesh/gateway-api/wire.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { type StatusWriter, statusWriter } from "../status/status-writer.ts";
import { ensureGatewayClasses } from "./gateway-classes.ts";
import { deployGateways } from "./gateway-deployer.ts";
import type { GatewayPod } from "./gateway-objects.ts";

export interface GatewayControllersOptions {
  store: Store;
  graph: Graph;
  gatewayApi: GatewayApi;
  /** Gateways as stored: the input of the graph. */
  gateways: Collection<KubeObject>;
  /** Without it nothing is deployed: then people deploy gateways themselves. */
  pod?: GatewayPod;
  /** Hears of what failed and is tried again. */
  onError(doing: string, error: unknown): void;
}

export interface GatewayControllers {
  /** Takes rows for statuses of other kinds too. */
  statuses: StatusWriter;
  close(): Promise<void>;
}

/** To be called when the graph has all objects: else what is not known yet would be reported as missing. */
export async function startGatewayControllers(options: GatewayControllersOptions): Promise<GatewayControllers> {
  const { store, graph, gatewayApi, gateways, pod, onError } = options;
  await ensureGatewayClasses(store);
  const statuses = statusWriter({
    store,
    graph,
    onError: (object, error) => onError(`writing the status of ${object}`, error),
  });
  statuses.follow(gatewayApi.statuses.gatewayClasses);
  statuses.follow(gatewayApi.statuses.gateways);
  statuses.follow(gatewayApi.statuses.httpRoutes);
  const deployer =
    pod &&
    deployGateways({
      store,
      graph,
      rows: gatewayApi.gatewayRows,
      objects: gateways,
      pod,
      onError: (gateway, error) => onError(`deploying Gateway ${gateway}`, error),
    });
  return {
    statuses,
    close: async () => {
      await deployer?.close();
      await statuses.close();
    },
  };
}
