import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import { conditions, listMap } from "../gateway-api/common.ts";
import { described, exclusive, oneOfFields, ruled } from "../istio/cel.ts";
import { oneOf, PolicySelector, StringMatch, shape, TargetRef, text } from "../istio/common.ts";

const filled = Type.String({ minLength: 1, maxLength: 1024 });
/** Envoy refuses expressions that are too large: lists become one, so they are short. */
const few = (maxLength: number) => Type.Array(Type.String({ minLength: 1, maxLength }), { minItems: 1, maxItems: 16 });

const Match = shape(
  "RateLimitMatch",
  {},
  {
    hosts: described(few(253), "Any of these, such as shop.example.com or *.example.com."),
    methods: described(few(32), "Any of these, such as POST."),
    paths: described(few(512), "Any of these: /login, or /api/* for all that begin so. The query does not matter."),
    headers: described(
      Type.Record(Type.String(), StringMatch, { maxProperties: 16 }),
      "All of these, by name: exact, prefix or regex; none of the three asks only that the header is there.",
    ),
  },
);
export type Match = Type.Static<typeof Match>;

const KEYS = ["header", "claim", "identity", "source"] as const;

const Key = exclusive(
  shape(
    "RateLimitKey",
    {},
    {
      header: described(filled, "The value of this request header."),
      claim: described(filled, "This claim of the verified token, a text: sub, or realm[tenant] within another."),
      identity: described(
        oneOf("Principal", "ServiceAccount", "Namespace"),
        "Who calls by mutual TLS: its whole name, its service account, or only its namespace.",
      ),
      source: described(
        oneOf("Address"),
        "Where the request comes from: at a gateway its client, at a sidecar the workload that calls.",
      ),
    },
  ),
  [...KEYS],
);
export type Key = Type.Static<typeof Key>;

export function keysGiven(key: Key): string[] {
  return KEYS.filter((name) => key[name] !== undefined);
}

const count = Type.Integer({ minimum: 1, maximum: 10_000_000 });

const Limit = shape(
  "RateLimitLimit",
  {
    requests: described(count, "How many, on average."),
    per: described(
      ruled(Type.String({ title: "Duration", maxLength: 32 }), {
        "duration(self) >= duration('1s') && duration(self) <= duration('744h')": "must be from 1s to 744h",
      }),
      "In what time, from 1s to 744h: 1m, 24h.",
    ),
  },
  { burst: described(count, "How many at once, when nothing came for a while. Default: as many as requests.") },
);

const Rule = ruled(
  shape(
    "RateLimitRule",
    {
      name: described(
        Type.String({ pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" }),
        "By which clients and operators are told of it.",
      ),
      limit: Limit,
    },
    {
      match: described(Match, "Which requests count. Default: all."),
      by: described(
        Type.Array(Key, { minItems: 1, maxItems: 4 }),
        "What tells requests apart: each value, of several keys each combination, has the limit for itself. " +
          "Requests without any share one. Default: all requests share one.",
      ),
      scope: described(
        oneOf("Local", "Global"),
        "Local: each proxy counts for itself. Global: one count for all of them. Default: Local.",
      ),
      onUnavailable: described(
        oneOf("Allow", "Deny"),
        "What becomes of requests while the service that counts Global limits cannot be asked. Default: Allow.",
      ),
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
    {
      rules: described(
        listMap(Rule, ["name"], { minItems: 1, maxItems: 32 }),
        "Every rule that matches a request must let it pass.",
      ),
    },
    {
      selector: described(
        PolicySelector,
        "Workloads of this namespace by label; in the root namespace those of all. Default: every workload.",
      ),
      targetRefs: described(
        Type.Array(TargetRef, { minItems: 1, maxItems: 16 }),
        "Instead: Gateways of the Gateway API, or Services, of this namespace.",
      ),
    },
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
