/** Asks the control planes of all revisions for their account of themselves: `/debug/…`. */
import { LateenError } from "../errors.ts";
import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { PORTS } from "../kubernetes/istiod/ports.ts";
import { debugPage } from "../local/status.ts";
import { StoreError } from "../store/error.ts";
import type { KubeObject } from "../store/object.ts";
import type { Cluster } from "./cluster.ts";
import { at, list } from "./json.ts";
import { getFromPod } from "./port-forward.ts";

const NAMESPACE = "istio-system";

/** Something of one control plane. */
export type Located<T> = T & {
  /** The pod of istiod; `istiod` in the one-machine world, where it has none. */
  istiod: string;
  revision: string;
};

export type Reply<Body> = Located<{ body: Body }>;

/**
 * What each control plane says under this path; those that have nothing there are left out. One that cannot be asked
 * is named on standard error, unless it is the only one.
 */
export async function askControlPlanes<Body>(cluster: Cluster, path: string): Promise<Reply<Body>[]> {
  const pods = await runningControlPlanes(cluster);
  if (pods.length === 0) return [await embedded<Body>(cluster, path)];
  const replies = await Promise.allSettled(pods.map((pod) => ask<Body>(cluster, pod, path)));
  const failures = replies.filter((reply) => reply.status === "rejected").map(({ reason }) => reason);
  if (failures.length === replies.length) throw failures[0];
  for (const failure of failures) console.error(`Warning: ${failure instanceof Error ? failure.message : failure}`);
  return replies.flatMap((reply) => (reply.status === "fulfilled" && reply.value ? [reply.value] : []));
}

async function runningControlPlanes({ store }: Cluster): Promise<KubeObject[]> {
  const labelSelector = "app=istiod";
  const { items } = await store.list(podKind.type, { labelSelector }).catch((error: unknown) => {
    // Who may not look everywhere may still look where it mostly is.
    if (!(error instanceof StoreError && error.reason === "Forbidden")) throw error;
    return store.list(podKind.type, { namespace: NAMESPACE, labelSelector });
  });
  return items.filter(
    (pod) => at(pod, "status", "phase") === "Running" && pod.metadata.deletionTimestamp === undefined,
  );
}

async function ask<Body>({ connection }: Cluster, pod: KubeObject, path: string): Promise<Reply<Body> | undefined> {
  const { namespace = NAMESPACE, name, labels = {} } = pod.metadata;
  const page = await getFromPod(connection, { namespace, name }, PORTS.debug, path).catch((error: unknown) => {
    throw unreachable(name, error);
  });
  if (page.status !== 200) return undefined;
  return { istiod: name, revision: labels["istio.io/rev"] ?? "default", body: JSON.parse(page.body) };
}

/** The one-machine world's control plane is no pod: its API passes the question on. */
async function embedded<Body>({ store, http }: Cluster, path: string): Promise<Reply<Body>> {
  const service = await store.get(serviceKind.type, { namespace: NAMESPACE, name: "istiod" }).catch(() => undefined);
  if (!service || Object.keys(Object(at(service, "spec", "selector"))).length > 0) {
    const waiting = service ? "its pods do not run" : "there is no Service istiod";
    throw new LateenError(
      "LTN5031",
      `no control plane runs in namespace ${NAMESPACE}: ${waiting}`,
      service ? "See lateen verify-install, and lateen get pods -n istio-system." : "Install one: lateen install.",
    );
  }
  return { istiod: "istiod", revision: "default", body: (await debugPage(http, path)) as Body };
}

function unreachable(pod: string, error: unknown): LateenError {
  const why = error instanceof Error ? error.message : String(error);
  const forbidden = error instanceof StoreError && error.reason === "Forbidden";
  return new LateenError(
    "LTN5032",
    `cannot ask the control plane ${pod}: ${why}`,
    forbidden
      ? `Ask whoever runs the cluster for the right to get and create pods/portforward in namespace ${NAMESPACE}.`
      : `See lateen logs ${pod} -n ${NAMESPACE}.`,
  );
}

/** One answer out of several: lists put together; of anything else the only one, or each by its control plane. */
export function merged(replies: readonly Reply<unknown>[]): unknown {
  if (replies.length === 1) return replies[0]?.body;
  if (replies.every(({ body }) => Array.isArray(body))) return replies.flatMap(({ body }) => list(body));
  return Object.fromEntries(replies.map(({ istiod, body }) => [istiod, body]));
}

/** Every connected proxy. One that has just gone to another control plane counts as there. */
export function proxiesOf<P extends { proxy: { id: string }; connectedAt: number }>(
  replies: readonly Reply<readonly P[]>[],
): Located<P>[] {
  const newest = new Map<string, Located<P>>();
  for (const { istiod, revision, body } of replies) {
    for (const each of body) {
      const known = newest.get(each.proxy.id);
      if (!known || known.connectedAt < each.connectedAt) newest.set(each.proxy.id, { ...each, istiod, revision });
    }
  }
  return [...newest.values()];
}
