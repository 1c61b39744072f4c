import type { HttpFilter } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { cors } from "./cors.ts";
import { extAuthz } from "./ext-authz.ts";
import { fault } from "./fault.ts";
import type { FilterBuilder, FilterContext } from "./filter.ts";
import { jwtAuthn } from "./jwt-authn.ts";
import { localRateLimit } from "./local-rate-limit.ts";
import { onDemand } from "./on-demand.ts";
import { rateLimit } from "./rate-limit.ts";
import { rbac } from "./rbac.ts";
import { router } from "./router.ts";

/**
 * The order of all HTTP filters: a request passes them from first to last, a response the other way. A new filter takes
 * its place here, with the reason.
 */
const ORDER: readonly FilterBuilder[] = [
  // brings the route that the filters after it take their configuration from
  onDemand,
  // before faults, so that a browser may read an injected error
  cors,
  // before all that asks what a token claims
  jwtAuthn,
  // who is asked outside may deny, as our own rules may
  extAuthz,
  rbac,
  // who is refused does not use up what others may
  localRateLimit,
  rateLimit,
  fault,
  // forwards: nothing can come after it
  router,
];

export function httpFilters(context: FilterContext): HttpFilter[] {
  return ORDER.flatMap((build) => build(context) ?? []);
}
