/**
 * Automatic deployment: keeps what is to be there for each Gateway of class `istio`, by server-side apply, so that what
 * people change in fields that it does not set stays. With the Gateway all of it goes, by owner references.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { GatewayRow } from "../../mesh/gateway-api/gateways.ts";
import { StoreError } from "../../store/error.ts";
import { type KubeObject, keyOf } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { workQueue } from "../status/work-queue.ts";
import { type DeployedObject, type GatewayPod, gatewayObjects } from "./gateway-objects.ts";

export interface GatewayDeployerOptions {
  store: Store;
  graph: Graph;
  /** Gateways of our classes, as the mesh sees them. */
  rows: Collection<GatewayRow>;
  /** Gateways as stored. */
  objects: Collection<KubeObject>;
  pod: GatewayPod;
  onError(gateway: string, error: unknown): void;
  retryMs?: number;
}

export interface GatewayDeployer {
  /** Resolves when everything is as it is to be. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Work {
  apply: readonly DeployedObject[];
  remove: readonly DeployedObject[];
}

export function deployGateways(options: GatewayDeployerOptions): GatewayDeployer {
  const { store, graph, objects, pod } = options;
  const wanted = graph.derive<GatewayRow, readonly DeployedObject[]>(
    "gateway deployments",
    options.rows,
    (key, row, read) => {
      const gateway = read.get(objects, key);
      return gateway && row.managed ? gatewayObjects(gateway, row, pod) : undefined;
    },
  );
  const queue = workQueue<Work>({
    run: (_key, work) => carryOut(store, work),
    onError: options.onError,
    ...(options.retryMs === undefined ? {} : { retryMs: options.retryMs }),
  });
  for (const [key, apply] of wanted.entries()) queue.add(key, { apply, remove: [] });
  const stop = graph.onChange(wanted, (changes) => {
    for (const [key, { before = [], after = [] }] of changes) {
      const stays = new Set(after.map(idOf));
      queue.add(key, { apply: after, remove: before.filter((each) => !stays.has(idOf(each))) });
    }
  });
  return {
    idle: queue.idle,
    async close() {
      stop();
      await queue.close();
    },
  };
}

function idOf({ object }: DeployedObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

async function carryOut(store: Store, { apply, remove }: Work): Promise<void> {
  for (const { type, object } of remove) {
    await store.delete(type, nameOf(object)).catch(unlessGone);
  }
  for (const { type, object } of apply) {
    await store.patch(type, nameOf(object), { type: "apply", body: object }, { fieldManager: "lateen", force: true });
  }
}

function nameOf({ metadata }: KubeObject): { namespace?: string; name: string } {
  return metadata.namespace === undefined
    ? { name: metadata.name }
    : { namespace: metadata.namespace, name: metadata.name };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
}
