import type { NamedMatch, ObjectRef, PathMatch } from "../model.ts";

/** One rule of a RateLimit, for whoever it applies to. */
export interface RateLimitRule {
  /** The object that it stands in. */
  origin: ObjectRef;
  /** Its own within the object. */
  name: string;
  match: RateLimitMatch;
  /** What requests are told apart by, together; none: all count as one. */
  by: readonly RateLimitKey[];
  limit: Limit;
  scope: "Local" | "Global";
  /** Of Global ones: what becomes of a request that could not be counted. */
  onUnavailable: "Allow" | "Deny";
}

/** Any of each list, and all of the fields. An empty list matches everything. */
export interface RateLimitMatch {
  /** `shop.example.com`, `*.example.com`, `*`. */
  hosts: readonly string[];
  methods: readonly string[];
  paths: readonly PathMatch[];
  headers: readonly NamedMatch[];
}

export type RateLimitKey =
  | { type: "Header"; name: string }
  /** A path into the claims of a verified token. */
  | { type: "Claim"; path: readonly string[] }
  /** Of the peer's certificate. */
  | { type: "Identity"; part: "Principal" | "ServiceAccount" | "Namespace" }
  | { type: "Address" };

/** `requests` in `perMs` on average, `burst` at once. */
export interface Limit {
  requests: number;
  perMs: number;
  burst: number;
}

/** `default/shop/login`: the rule's name among all, in statistics and towards the service. */
export function ruleId({ origin, name }: Pick<RateLimitRule, "origin" | "name">): string {
  return `${origin.namespace}/${origin.name}/${name}`;
}

/** Where Global limits are counted: a Service of the root namespace. */
export const LIMITER = { service: "lateen-ratelimit", port: 8081 } as const;
