import { podKind } from "../kinds/core/pod.ts";
import type { KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";

interface PodParts extends KubeObject {
  status?: {
    conditions?: { type: string; status: string; reason?: string; lastTransitionTime?: string }[];
    containerStatuses?: { ready?: boolean }[];
    initContainerStatuses?: { ready?: boolean }[];
  };
}

const READINESS = new Set(["Ready", "ContainersReady"]);

/**
 * Says of every pod that it is not ready: called when no node runs, so that nobody believes what the node of an earlier
 * life wrote (as a cluster's node controller does for a node that it does not hear from).
 */
export async function markPodsStopped(store: Store, now: Date): Promise<void> {
  const { items } = await store.list<PodParts>(podKind.type);
  const lastTransitionTime = now.toISOString().replace(/\.\d+/, "");
  for (const { metadata, status } of items) {
    const { conditions = [], containerStatuses, initContainerStatuses } = status ?? {};
    if (!conditions.some(({ type, status: is }) => type === "Ready" && is === "True")) continue;
    const unready = (statuses: { ready?: boolean }[] | undefined) =>
      statuses?.map((each) => ({ ...each, ready: false }));
    const body = {
      status: {
        conditions: conditions.map((condition) =>
          READINESS.has(condition.type) && condition.status === "True"
            ? { ...condition, status: "False", reason: "NodeNotReady", lastTransitionTime }
            : condition,
        ),
        ...(containerStatuses && { containerStatuses: unready(containerStatuses) }),
        ...(initContainerStatuses && { initContainerStatuses: unready(initContainerStatuses) }),
      },
    };
    const { namespace = "", name } = metadata;
    await store.patch(podKind.type, { namespace, name }, { type: "merge", body }, { subresource: "status" });
  }
}
