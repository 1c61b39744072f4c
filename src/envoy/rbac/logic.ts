/** Envoy's RBAC parts conditions in two: permissions (what is asked for) and principals (who asks). Both combine alike. */
import { create } from "@bufbuild/protobuf";
import { type Permission, PermissionSchema, type Principal, PrincipalSchema } from "#envoy/config/rbac/v3/rbac_pb.js";

export interface Logic<T> {
  all(parts: readonly T[]): T;
  some(parts: readonly T[]): T;
  not(part: T): T;
}

export const PERMISSIONS: Logic<Permission> = {
  all: (rules) =>
    single(rules) ??
    create(PermissionSchema, {
      rule: rules.length === 0 ? { case: "any", value: true } : { case: "andRules", value: { rules: [...rules] } },
    }),
  some: (rules) =>
    single(rules) ?? create(PermissionSchema, { rule: { case: "orRules", value: { rules: [...rules] } } }),
  not: (rule) => create(PermissionSchema, { rule: { case: "notRule", value: rule } }),
};

export const PRINCIPALS: Logic<Principal> = {
  all: (ids) =>
    single(ids) ??
    create(PrincipalSchema, {
      identifier: ids.length === 0 ? { case: "any", value: true } : { case: "andIds", value: { ids: [...ids] } },
    }),
  some: (ids) => single(ids) ?? create(PrincipalSchema, { identifier: { case: "orIds", value: { ids: [...ids] } } }),
  not: (id) => create(PrincipalSchema, { identifier: { case: "notId", value: id } }),
};

/** Any of the values, and none of the others; what is not listed says nothing. */
export function valuesBy<T, M>(
  logic: Logic<T>,
  { values, notValues }: { values: readonly M[]; notValues: readonly M[] },
  match: (value: M) => T,
): T {
  return logic.all([
    ...(values.length > 0 ? [logic.some(values.map(match))] : []),
    ...(notValues.length > 0 ? [logic.not(logic.some(notValues.map(match)))] : []),
  ]);
}

function single<T>(parts: readonly T[]): T | undefined {
  return parts.length === 1 ? parts[0] : undefined;
}
