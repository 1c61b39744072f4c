import type { Reader } from "../../engine/derived.ts";
import type { ObjectRef } from "../../mesh/model.ts";
import { authorizationOf } from "../../mesh/security/authorization.ts";
import type { PolicySubject } from "../../mesh/security/policy-selection.ts";
import type { Security } from "../../mesh/security/wire.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";

/** All policies of a workload, of each kind; what no policy says anything about is absent. */
export function policiesOf(security: Security, read: Reader, subject: PolicySubject): HttpPolicies {
  const authorization = authorizationOf(security.authorization, read, subject);
  return { ...(authorization && { authorization }) };
}

/** The objects that a listener with these policies is made from. */
export function policyOrigins({ authorization }: HttpPolicies): ObjectRef[] {
  if (!authorization) return [];
  const { custom, audit, deny, allow } = authorization;
  return [...custom.flatMap(({ policies }) => policies), ...audit, ...deny, ...allow].map(({ origin }) => origin);
}
