import { LocalRateLimitSchema } from "#envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js";
import type { HttpFilter } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { type RateLimitRule, ruleId } from "../../mesh/security/rate-limit-model.ts";
import { pack } from "../any.ts";
import { milliseconds } from "../durations.ts";
import { fraction } from "../percent.ts";
import { LIMIT_HEADER, limitField, POLICY_HEADER, policyField } from "../rate-limits/answers.ts";
import { descriptor, RULE } from "../rate-limits/descriptors.ts";
import { localLimitStat } from "../rate-limits/stats.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { LOCAL_RATE_LIMIT } from "./names.ts";

/**
 * How many buckets one rule has in one proxy. Keys come from clients, who can make up any number: then the bucket that
 * was not used for longest goes.
 */
const LOCAL_BUCKETS = 10_000;

/** A filter for each Local rule: so each has its statistics, and its name in what it answers. */
export const localRateLimit: FilterBuilder = ({ direction, policies }) =>
  (policies.rateLimits ?? [])
    .filter(({ scope }) => scope === "Local")
    .map((rule) => filterFor(rule, direction === "Outbound"));

function filterFor(rule: RateLimitRule, atGateway: boolean): HttpFilter {
  const { requests, perMs, burst } = rule.limit;
  const { making, keys } = descriptor(rule, atGateway);
  const always = { defaultValue: fraction(100) };
  return httpFilter(
    `${LOCAL_RATE_LIMIT}.${ruleId(rule)}`,
    pack(LocalRateLimitSchema, {
      statPrefix: localLimitStat(ruleId(rule)),
      filterEnabled: always,
      filterEnforced: always,
      rateLimits: [making],
      descriptors: [
        {
          // an entry without value stands for every value, each with a bucket of its own
          entries: [{ key: RULE, value: ruleId(rule) }, ...keys.map((key) => ({ key }))],
          tokenBucket: { maxTokens: burst, tokensPerFill: requests, fillInterval: milliseconds(perMs) },
        },
      ],
      ...(keys.length > 0 && { maxDynamicDescriptors: LOCAL_BUCKETS }),
      alwaysConsumeDefaultTokenBucket: false,
      responseHeadersToAdd: [
        { header: { key: POLICY_HEADER, value: policyField(rule) } },
        { header: { key: LIMIT_HEADER, value: limitField(rule, 0) } },
      ],
      enableRetryAfterHeader: true,
      rateLimitedAsResourceExhausted: true,
    }),
  );
}
