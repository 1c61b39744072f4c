import type { Pod } from "../../../kinds/core/pod.ts";
import { readySince } from "../pods.ts";

const COST_ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";
const PHASES = ["Pending", "Unknown", "Running"];

/** Which pods a ReplicaSet gives up first, least useful first, in Kubernetes' order. */
export function rankedForDeletion(pods: readonly Pod[]): Pod[] {
  return pods.toSorted((a, b) => {
    for (const rank of RANKS) {
      const difference = rank(a) - rank(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}

/** The lower, the sooner it goes. */
const RANKS: ((pod: Pod) => number)[] = [
  ({ spec }) => (spec.nodeName ? 1 : 0),
  ({ status }) => PHASES.indexOf(status?.phase ?? "Unknown"),
  (pod) => (readySince(pod) === undefined ? 0 : 1),
  ({ metadata }) => Number(metadata.annotations?.[COST_ANNOTATION] ?? 0) || 0,
  // Those that serve for longest are the last to go.
  (pod) => -(readySince(pod) ?? 0),
  ({ status }) => -Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
  ({ metadata }) => -Date.parse(metadata.creationTimestamp ?? ""),
];
