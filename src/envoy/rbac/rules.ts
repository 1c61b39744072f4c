/** AuthorizationPolicies as Envoy's RBAC rules. */
import { create } from "@bufbuild/protobuf";
import {
  type Permission,
  type Policy,
  PolicySchema,
  type Principal,
  type RBAC,
  RBAC_Action,
  RBACSchema,
} from "#envoy/config/rbac/v3/rbac_pb.js";
import {
  type AuthorizationPolicy,
  type AuthorizationRule,
  type Condition,
  type Layer,
  rulesIn,
} from "../../mesh/security/authorization-model.ts";
import { conditionMatcher, type KnownCondition } from "./conditions.ts";
import { type Logic, PERMISSIONS, PRINCIPALS } from "./logic.ts";

export interface RbacOptions {
  action: "ALLOW" | "DENY" | "LOG";
  layer: Layer;
  /** The name of a rule, where it is not the one of logs. */
  name?: (plain: string) => string;
}

/** Without policies, ALLOW allows nothing and DENY denies nothing. */
export function rbac(policies: readonly AuthorizationPolicy[], { action, layer, name = String }: RbacOptions): RBAC {
  const entries = rulesIn(policies, layer, action === "ALLOW").map(
    ({ name: plain, rule }) => [name(plain), policy(rule)] as const,
  );
  return create(RBACSchema, { action: RBAC_Action[action], policies: Object.fromEntries(entries) });
}

function policy({ from, to, when }: AuthorizationRule): Policy {
  const also = halves(when);
  return create(PolicySchema, {
    permissions: [
      alternatives(
        PERMISSIONS,
        to.map((each) => onlyOf("permissions", each)),
        also.permissions,
      ),
    ],
    principals: [
      alternatives(
        PRINCIPALS,
        from.map((each) => onlyOf("principals", each)),
        also.principals,
      ),
    ],
  });
}

/** Any of the alternatives, and what must be met with each. */
function alternatives<T>(logic: Logic<T>, each: readonly (readonly T[])[], also: readonly T[]): T {
  const [only, ...others] = each;
  if (only && others.length === 0) return logic.all([...only, ...also]);
  return logic.all([logic.some(each.map((parts) => logic.all(parts))), ...also]);
}

/** Who asks stands in `from` only, and what is asked for in `to` only: anything else would be forgotten. */
function onlyOf<K extends keyof Halves>(half: K, conditions: readonly Condition[]): Halves[K] {
  const both = halves(conditions);
  if (both[half].length !== both.permissions.length + both.principals.length) {
    throw new Error(`only ${half} can stand here: ${conditions.map(({ on }) => on)}`);
  }
  return both[half];
}

interface Halves {
  permissions: Permission[];
  principals: Principal[];
}

function halves(conditions: readonly Condition[]): Halves {
  const permissions: Permission[] = [];
  const principals: Principal[] = [];
  for (const condition of conditions) {
    if (!isKnown(condition)) continue;
    const matcher = conditionMatcher(condition);
    if ("permission" in matcher) permissions.push(matcher.permission);
    else principals.push(matcher.principal);
  }
  return { permissions, principals };
}

function isKnown(condition: Condition): condition is KnownCondition {
  return condition.on !== "Unknown";
}
