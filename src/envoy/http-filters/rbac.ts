import { RBACSchema } from "#envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import type { HttpFilter } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { pack } from "../any.ts";
import { ruleSteps, type Step } from "../rbac/steps.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { RBAC } from "./names.ts";

/** Denies what AuthorizationPolicies deny, and what none of those that allow does; and notes what would be denied. */
export const rbac: FilterBuilder = ({ policies: { authorization } }) =>
  authorization &&
  ruleSteps(authorization, "HTTP").flatMap((step) => (step.type === "Rules" ? [rulesFilter(step)] : []));

export function rulesFilter({ rules, shadow, shadowPrefix }: Step & { type: "Rules" }): HttpFilter {
  return httpFilter(
    RBAC,
    pack(RBACSchema, {
      ...(rules && { rules }),
      ...(shadow && { shadowRules: shadow, shadowRulesStatPrefix: shadowPrefix }),
    }),
  );
}
