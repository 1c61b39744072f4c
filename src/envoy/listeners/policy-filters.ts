import { ApiVersion } from "#envoy/config/core/v3/config_source_pb.js";
import type { Filter } from "#envoy/config/listener/v3/listener_components_pb.js";
import { ExtAuthzSchema } from "#envoy/extensions/filters/network/ext_authz/v3/ext_authz_pb.js";
import { RBACSchema } from "#envoy/extensions/filters/network/rbac/v3/rbac_pb.js";
import { pack } from "../any.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import { grpcService, whereAsked } from "../rbac/ext-authz.ts";
import { customSteps, ruleSteps, type Step } from "../rbac/steps.ts";
import { networkFilter } from "./network-filters.ts";

const RBAC = "envoy.filters.network.rbac";
/** In statistics: Istio's. */
const STAT_PREFIX = "tcp.";

/**
 * What is enforced on connections of which the proxy sees only bytes: these filters stand before the one that forwards.
 * `Undeclared`: of ports of which nobody has said what is spoken there.
 */
export function tcpPolicyFilters(
  { authorization }: HttpPolicies,
  port: "Declared" | "Undeclared" = "Declared",
): Filter[] {
  if (!authorization) return [];
  return [...customSteps(authorization.custom, "TCP", port === "Undeclared"), ...ruleSteps(authorization, "TCP")].map(
    stepFilter,
  );
}

function stepFilter(step: Step): Filter {
  if (step.type === "Rules") {
    const { rules, shadow, shadowPrefix } = step;
    return networkFilter(
      RBAC,
      pack(RBACSchema, {
        statPrefix: STAT_PREFIX,
        ...(rules && { rules }),
        ...(shadow && { shadowRules: shadow, shadowRulesStatPrefix: shadowPrefix }),
      }),
    );
  }
  return networkFilter(
    "envoy.filters.network.ext_authz",
    pack(ExtAuthzSchema, {
      statPrefix: STAT_PREFIX,
      grpcService: grpcService(step),
      failureModeAllow: step.provider.failOpen,
      transportApiVersion: ApiVersion.V3,
      filterEnabledMetadata: whereAsked(step, RBAC),
    }),
  );
}
