import type { TypeUrl } from "../envoy/resource.ts";
import { CLUSTER, LISTENER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, SECRET, VIRTUAL_HOST } from "../envoy/types.ts";

/** Make before break: what others refer to comes first and goes last. */
const ORDER: readonly TypeUrl[] = [CLUSTER, LOAD_ASSIGNMENT, SECRET, "", LISTENER, ROUTE_CONFIGURATION, VIRTUAL_HOST];

/** The order in which types are sent; unknown ones (extensions, say) before the listeners that may use them. */
export function rank(type: TypeUrl): number {
  const at = ORDER.indexOf(type);
  return at < 0 ? ORDER.indexOf("") : at;
}

/** Types whose resources route to clusters, and so wait until new clusters are ready. */
export function refersToClusters(type: TypeUrl): boolean {
  return type === LISTENER || type === ROUTE_CONFIGURATION || type === VIRTUAL_HOST;
}
