import type { Collection } from "../engine/collection.ts";
import type { PodObject } from "../mesh/kubernetes.ts";

const PROXY = "istio-proxy";

/** When the oldest of the proxies that run was started, in Unix milliseconds; Infinity where there are none. */
export function oldestProxy(pods: Collection<PodObject>): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const [, { status }] of pods.entries()) {
    for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
      const started = name === PROXY ? Date.parse(state?.running?.startedAt ?? "") : Number.NaN;
      if (started < oldest) oldest = started;
    }
  }
  return oldest;
}
