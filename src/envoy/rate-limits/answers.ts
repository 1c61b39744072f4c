/** What a client is told of limits: the header fields of draft-ietf-httpapi-ratelimit-headers, and a body. */
import type { Limit, RateLimitRule } from "../../mesh/security/rate-limit-model.ts";

export const POLICY_HEADER = "ratelimit-policy";
export const LIMIT_HEADER = "ratelimit";

/** `"shop/login";q=100;w=60` */
export function policyField({ origin, name, limit }: Pick<RateLimitRule, "origin" | "name" | "limit">): string {
  return `${limitName({ origin, name })};q=${limit.requests};w=${windowSeconds(limit)}`;
}

/** `"shop/login";r=7` and, where it is known, in how many seconds all of it is there again. */
export function limitField(rule: Pick<RateLimitRule, "origin" | "name">, remaining: number, resetS?: number): string {
  return `${limitName(rule)};r=${remaining}${resetS === undefined ? "" : `;t=${resetS}`}`;
}

/** `policy`: the field, or what a proxy fills in for it. */
export function refusalBody(policy: string): string {
  return `Too many requests: over the limit ${policy}\n`;
}

/** Without its namespace, which is nobody's business outside. */
function limitName({ origin, name }: Pick<RateLimitRule, "origin" | "name">): string {
  return `"${origin.name}/${name}"`;
}

function windowSeconds({ perMs }: Limit): number {
  return Math.ceil(perMs / 1000);
}
