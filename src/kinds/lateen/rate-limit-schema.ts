import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import { conditions, listMap } from "../gateway-api/common.ts";
import { exclusive, oneOfFields, ruled } from "../istio/cel.ts";
import { oneOf, PolicySelector, StringMatch, shape, TargetRef, text } from "../istio/common.ts";

const filled = Type.String({ minLength: 1, maxLength: 1024 });
const few = (maxItems: number) => Type.Array(filled, { minItems: 1, maxItems });

const Match = shape(
  "RateLimitMatch",
  {},
  {
    hosts: few(32),
    methods: few(16),
    paths: few(32),
    headers: Type.Record(Type.String(), StringMatch, { maxProperties: 16 }),
  },
);
export type Match = Type.Static<typeof Match>;

const KEYS = ["header", "claim", "identity", "source"] as const;

/** What requests are told apart by: one of these. */
const Key = exclusive(
  shape(
    "RateLimitKey",
    {},
    {
      header: filled,
      claim: filled,
      identity: oneOf("Principal", "ServiceAccount", "Namespace"),
      source: oneOf("Address"),
    },
  ),
  [...KEYS],
);
export type Key = Type.Static<typeof Key>;

export function keysGiven(key: Key): string[] {
  return KEYS.filter((name) => key[name] !== undefined);
}

/** `per`: as Go writes it. `burst`: how many at once, when nothing came for a while; as many as `requests` without. */
const Limit = shape(
  "RateLimitLimit",
  {
    requests: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    per: ruled(Type.String({ title: "Duration", maxLength: 32 }), {
      "duration(self) >= duration('1s') && duration(self) <= duration('744h')": "must be from 1s to 744h",
    }),
  },
  { burst: Type.Integer({ minimum: 1, maximum: 10_000_000 }) },
);

const Rule = ruled(
  shape(
    "RateLimitRule",
    {
      name: Type.String({ pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" }),
      limit: Limit,
    },
    {
      match: Match,
      by: Type.Array(Key, { minItems: 1, maxItems: 4 }),
      scope: oneOf("Local", "Global"),
      onUnavailable: oneOf("Allow", "Deny"),
    },
  ),
  {
    "!has(self.onUnavailable) || (has(self.scope) && self.scope == 'Global')":
      "onUnavailable is for the service that counts Global limits",
  },
);
export type Rule = Type.Static<typeof Rule>;

export const RateLimitSpec = ruled(
  shape(
    "RateLimitSpec",
    { rules: listMap(Rule, ["name"], { minItems: 1, maxItems: 32 }) },
    { selector: PolicySelector, targetRefs: Type.Array(TargetRef, { minItems: 1, maxItems: 16 }) },
  ),
  oneOfFields("selector", "targetRefs"),
);
export type RateLimitSpec = Type.Static<typeof RateLimitSpec>;

export const RateLimitStatus = shape("RateLimitStatus", {}, { conditions: conditions(), appliesTo: text });
type RateLimitStatus = Type.Static<typeof RateLimitStatus>;

export interface RateLimit extends KubeObject {
  spec: RateLimitSpec;
  status?: RateLimitStatus;
}
