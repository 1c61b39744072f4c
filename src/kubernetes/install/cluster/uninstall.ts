/** Takes installations away: what is found by their labels and, at a purge, all that control planes have left. */
import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../../errors.ts";
import { leaseKind } from "../../../kinds/core/lease.ts";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import type { Store } from "../../../store/store.ts";
import { countObjects, definitionType, listDefinitions } from "./definitions.ts";
import { listInstalled } from "./installed.ts";
import { COMPONENT, REVISION } from "./labels.ts";
import { find, listAll, remove } from "./objects.ts";
import { stopped } from "./stopped.ts";
import { clearTraces, listTraces } from "./traces.ts";

const STATUS = "sidecar.istio.io/status";

export interface Removal {
  /** In the order in which they go. */
  objects: KubeObject[];
  /** Only at a purge. */
  definitions: KubeObject[];
  /** Objects of users that go with the definitions: `virtualservices.networking.istio.io` → 3. */
  losses: ReadonlyMap<string, number>;
  /** What the control planes have made, much of it in their own namespaces. */
  traces: KubeObject[];
  namespaces: string[];
}

/** What is to be removed: all of a revision, or without one everything of all of them. */
export async function planRemoval(store: Store, namespace: string, revision?: string): Promise<Removal> {
  if (revision !== undefined) {
    const found = await listInstalled(store, `${COMPONENT},${REVISION}=${revision}`);
    const objects = [...found.filter(isOfRevision), ...(await leasesOf(store, revision))];
    return { objects, definitions: [], losses: new Map(), traces: [], namespaces: [] };
  }
  const definitions = await listDefinitions(store, COMPONENT);
  const counts = await Promise.all(
    definitions.map(async (each) => [each.metadata.name, await countObjects(store, each)] as const),
  );
  const objects = await listInstalled(store, COMPONENT);
  const places = objects.flatMap(({ kind, metadata }) => (kind === "Deployment" ? (metadata.namespace ?? []) : []));
  const namespaces = [...new Set([namespace, ...places])];
  const losses = new Map(counts.filter(([, count]) => count > 0));
  return { objects, definitions, losses, traces: await listTraces(store, namespaces), namespaces };
}

/** What revisions share stays, but not a webhook that would call the one that goes. */
function isOfRevision({ kind, metadata: { labels } }: KubeObject): boolean {
  return labels?.[COMPONENT] !== "Base" || kind.endsWith("WebhookConfiguration");
}

/** By which the revision's replicas agreed who leads. Who leads of all revisions is another one's. */
async function leasesOf(store: Store, revision: string): Promise<KubeObject[]> {
  const leases = await listAll(store, leaseKind.type, { labelSelector: `${REVISION}=${revision}` });
  return leases.filter(({ metadata }) => metadata.name === `istio-leader-${revision}`);
}

/** Pods whose proxies would be without a control plane: `namespace/name`. */
export async function listProxies(store: Store, revision?: string): Promise<string[]> {
  const pods = await listAll<Pod>(store, podKind.type);
  return pods
    .filter(({ metadata: { annotations } }) => {
      const status = annotations?.[STATUS];
      return status !== undefined && (revision === undefined || injectedBy(status) === revision);
    })
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** Who injected a pod, by the note that injection left. */
function injectedBy(status: string): string {
  const noted: unknown = JSON.parse(status);
  return isFields(noted) && typeof noted.revision === "string" ? noted.revision : "default";
}

const PATIENCE_MS = 60_000;
const POLL_MS = 250;

export interface RemoveOptions {
  signal: AbortSignal;
  onRemoved(object: KubeObject): void;
}

export async function removeAll(store: Store, removal: Removal, { signal, onRemoved }: RemoveOptions): Promise<void> {
  const { objects, definitions, namespaces } = removal;
  try {
    for (const object of objects) {
      signal.throwIfAborted();
      if (await remove(store, object)) onRemoved(object);
    }
    if (namespaces.length > 0) for (const object of await clearTraces(store, namespaces)) onRemoved(object);
    for (const definition of definitions) if (await remove(store, definition)) onRemoved(definition);
    await gone(store, definitions, signal);
  } catch (error) {
    throw signal.aborted ? stopped() : error;
  }
}

/** Definitions go when their last object has gone, and an object may be held by its finalizers. */
async function gone(store: Store, definitions: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  let left = [...definitions];
  while (left.length > 0) {
    const there = await Promise.all(left.map(({ metadata }) => find(store, definitionType, { name: metadata.name })));
    left = left.filter((each, i) => there[i]?.metadata.uid === each.metadata.uid);
    if (left.length > 0 && performance.now() > end) throw held(left);
    if (left.length > 0) await sleep(POLL_MS, undefined, { signal });
  }
}

function held(left: readonly KubeObject[]): LateenError {
  const names = left.map(({ metadata }) => metadata.name);
  return new LateenError(
    "LTN5371",
    `definitions are still being deleted: ${names.join(", ")}; objects of theirs are held by finalizers`,
    `Find them, and take out their metadata.finalizers: kubectl get ${names[0]} -A -o yaml`,
  );
}
