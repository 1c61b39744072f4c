/** What a call must pass, step by step, whether a proxy sees requests or only bytes. As Istio: CUSTOM, AUDIT, DENY, ALLOW. */
import type { RBAC } from "#envoy/config/rbac/v3/rbac_pb.js";
import type {
  Authorization,
  AuthorizationPolicy,
  CustomAuthorization,
  Layer,
} from "../../mesh/security/authorization-model.ts";
import type { ExtAuthzProvider } from "../../mesh/security/extension-providers.ts";
import { type RbacOptions, rbac } from "./rules.ts";

export type Step =
  /** Rules that decide, and (`shadow`) rules of which only is noted what they would decide. */
  { type: "Rules"; rules?: RBAC; shadow?: RBAC; shadowPrefix: string } | Ask;

/** Asks somebody outside, if the step before has noted a rule of this prefix. */
export interface Ask {
  type: "Ask";
  provider: ExtAuthzProvider;
  host: string;
  rulePrefix: string;
}

/** Istio's names, which dashboards and EnvoyFilters know. */
const ASKED_PREFIX = "istio_ext_authz_";

/** Where in the metadata of a call the rule stands for which somebody is asked. */
export const ASKED_RULE = `${ASKED_PREFIX}shadow_effective_policy_id`;

/** `opaque`: nobody said that the connections are not HTTP, so who can only be asked about requests denies them. */
export function customSteps(custom: Authorization["custom"], layer: Layer, opaque = false): Step[] {
  return custom.flatMap(({ name, policies, provider, host }: CustomAuthorization): Step[] => {
    const enforced = policies.filter(({ dryRun }) => !dryRun);
    if (enforced.length === 0) return [];
    const rulePrefix = `istio-ext-authz-${name}-`;
    const named = (suffix: string): RBAC =>
      rbac(enforced, { action: "DENY", layer, name: (plain) => `${rulePrefix}${plain}${suffix}` });
    const cannotAsk = layer === "TCP" && provider?.http !== undefined;
    if (!provider || (cannotAsk && opaque)) {
      return [{ type: "Rules", rules: named("-deny-due-to-bad-CUSTOM-action"), shadowPrefix: "" }];
    }
    if (cannotAsk) return [];
    return [
      { type: "Rules", shadow: named(""), shadowPrefix: ASKED_PREFIX },
      { type: "Ask", provider, host, rulePrefix: `${rulePrefix}ns[` },
    ];
  });
}

export function ruleSteps({ audit, deny, allow }: Authorization, layer: Layer): Step[] {
  return [
    ...step(audit, "", { action: "LOG", layer }),
    ...step(deny, "istio_dry_run_deny_", { action: "DENY", layer }),
    ...step(allow, "istio_dry_run_allow_", { action: "ALLOW", layer }),
  ];
}

/** None where there are no policies: without one that allows, all is allowed. */
function step(policies: readonly AuthorizationPolicy[], shadowPrefix: string, options: RbacOptions): Step[] {
  if (policies.length === 0) return [];
  const [tried, enforced] = [true, false].map((dryRun) => policies.filter((policy) => policy.dryRun === dryRun));
  return [
    {
      type: "Rules",
      ...(enforced?.length && { rules: rbac(enforced, options) }),
      ...(tried?.length && { shadow: rbac(tried, options) }),
      shadowPrefix,
    },
  ];
}
