/**
 * Automatic deployment: keeps what is to be there for each Gateway of class `istio`, by server-side apply, so that what
 * people change in fields that it does not set stays. With the Gateway all of it goes, by owner references.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { GatewayRow } from "../../mesh/gateway-api/gateways.ts";
import { StoreError } from "../../store/error.ts";
import { type KubeObject, keyOf, type ObjectMeta } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { workQueue } from "../status/work-queue.ts";
import { type DeployedObject, type GatewayPod, gatewayObjects } from "./gateway-objects.ts";

/** The label of Gateways, and of namespaces, that names the revision they belong to. */
const REVISION = "istio.io/rev";

export interface GatewayDeploymentSources {
  /** Gateways of our classes, as the mesh sees them. */
  rows: Collection<GatewayRow>;
  /** Gateways as stored. */
  objects: Collection<KubeObject>;
  namespaces: Collection<{ metadata: ObjectMeta }>;
  /** One row, key "": without it nothing is deployed. */
  pod: Collection<GatewayPod>;
  /** The names by which our revision goes: its own, and the tags that point at it. */
  revisions: Collection<true>;
}

/** What is to be there for a Gateway; undefined when another revision's control plane sees to that. */
export interface GatewayDeployment {
  objects: readonly DeployedObject[] | undefined;
}

export function wireGatewayDeployments(
  graph: Graph,
  { rows, objects, namespaces, pod, revisions }: GatewayDeploymentSources,
): Collection<GatewayDeployment> {
  return graph.derive("gateway deployments", rows, (key, row, read): GatewayDeployment | undefined => {
    const gateway = read.get(objects, key);
    if (!gateway || !row.managed) return undefined;
    const template = read.get(pod, "");
    const labels = read.get(namespaces, row.namespace)?.metadata.labels;
    const revision = gateway.metadata.labels?.[REVISION] ?? labels?.[REVISION] ?? "default";
    const ours = template !== undefined && read.get(revisions, revision) === true;
    return { objects: ours ? gatewayObjects(gateway, row, template) : undefined };
  });
}

export interface GatewayDeployerOptions {
  store: Store;
  graph: Graph;
  wanted: Collection<GatewayDeployment>;
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
  const { store, graph, wanted } = options;
  const queue = workQueue<Work>({
    run: (_key, work) => carryOut(store, work),
    onError: options.onError,
    ...(options.retryMs === undefined ? {} : { retryMs: options.retryMs }),
  });
  for (const [key, { objects }] of wanted.entries()) if (objects) queue.add(key, { apply: objects, remove: [] });
  const stop = graph.onChange(wanted, (changes) => {
    for (const [key, { before, after }] of changes) {
      // Who takes a Gateway over from us applies to the objects that are there.
      if (after && !after.objects) continue;
      const apply = after?.objects ?? [];
      const stays = new Set(apply.map(idOf));
      queue.add(key, { apply, remove: (before?.objects ?? []).filter((each) => !stays.has(idOf(each))) });
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
