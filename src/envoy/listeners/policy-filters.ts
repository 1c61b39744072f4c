import type { Filter } from "#envoy/config/listener/v3/listener_components_pb.js";
import type { HttpPolicies } from "../http-filters/filter.ts";

/** What is enforced on connections of which the proxy sees only bytes: these filters stand before the one that forwards. */
export function tcpPolicyFilters(_policies: HttpPolicies): Filter[] {
  return [];
}
