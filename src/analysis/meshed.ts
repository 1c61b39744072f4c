import { namespaceKind } from "../kinds/core/namespace.ts";
import { PROXY_CONTAINER } from "../kubernetes/inject/proxy-container.ts";
import type { Workload } from "./workloads.ts";
import type { World } from "./world.ts";

const INJECT = "sidecar.istio.io/inject";

/** Whether its pods have a proxy, or will get one: by what they hold, say themselves, or their namespace says. */
export function isMeshed({ find }: World, { namespace, labels, annotations, spec }: Workload): boolean {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  if (containers.some(({ name }) => name === PROXY_CONTAINER)) return true;
  const wish = labels[INJECT] ?? annotations[INJECT];
  if (wish !== undefined) return wish === "true";
  const { labels: own = {} } = find(namespaceKind, namespace)?.metadata ?? {};
  return (
    own["istio-injection"] === "enabled" || (own["istio-injection"] === undefined && own["istio.io/rev"] !== undefined)
  );
}
