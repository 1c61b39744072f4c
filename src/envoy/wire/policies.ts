import type { Reader } from "../../engine/derived.ts";
import type { ObjectRef } from "../../mesh/model.ts";
import { authorizationOf } from "../../mesh/security/authorization.ts";
import type { PolicySubject } from "../../mesh/security/policy-selection.ts";
import { rateLimitRules } from "../../mesh/security/rate-limits.ts";
import { authenticationOf } from "../../mesh/security/request-authentication.ts";
import type { Security } from "../../mesh/security/wire.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import { LIMITER_CLUSTER } from "../names.ts";
import { askedClusters } from "../rbac/ext-authz.ts";

/** All policies of a workload, of each kind; what no policy says anything about is absent. */
export function policiesOf(security: Security, read: Reader, subject: PolicySubject): HttpPolicies {
  const authentication = authenticationOf(security.authentication, read, subject);
  const authorization = authorizationOf(security.authorization, read, subject);
  const rateLimits = rateLimitRules(security.rateLimits, read, subject);
  return {
    ...(authentication && { authentication }),
    ...(authorization && { authorization }),
    ...(rateLimits.length > 0 && { rateLimits }),
  };
}

/** The objects that a listener with these policies is made from. */
export function policyOrigins({ authentication, authorization, rateLimits = [] }: HttpPolicies): ObjectRef[] {
  const { custom, audit, deny, allow } = authorization ?? { custom: [], audit: [], deny: [], allow: [] };
  const authorizing = [...custom.flatMap(({ policies }) => policies), ...audit, ...deny, ...allow];
  return [...(authentication?.origins ?? []), ...[...authorizing, ...rateLimits].map(({ origin }) => origin)];
}

/** Whom a proxy with these policies asks. */
export function policyClusters({ authorization, rateLimits = [] }: HttpPolicies): string[] {
  const counted = rateLimits.some(({ scope }) => scope === "Global");
  return [...askedClusters(authorization), ...(counted ? [LIMITER_CLUSTER] : [])];
}
