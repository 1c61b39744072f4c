/** One question of a proxy: may this request pass? It names rules; what they are is known here. */
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { RateLimitDescriptor } from "#envoy/extensions/common/ratelimit/v3/ratelimit_pb.js";
import {
  RateLimitResponse_Code as Code,
  type RateLimitRequest,
  type RateLimitResponse,
  RateLimitResponseSchema,
} from "#envoy/service/ratelimit/v3/rls_pb.js";
import { LIMITER_DOMAIN } from "../envoy/http-filters/rate-limit.ts";
import { LIMIT_HEADER, limitField, POLICY_HEADER, policyField, refusalBody } from "../envoy/rate-limits/answers.ts";
import { RULE } from "../envoy/rate-limits/descriptors.ts";
import { MARK } from "../envoy/rate-limits/keys.ts";
import type { RateLimitRule } from "../mesh/security/rate-limit-model.ts";
import type { SpiffeId } from "../mesh/spiffe.ts";
import type { Counters } from "./counters.ts";
import type { Verdict } from "./gcra.ts";
import { callerKey, type Rules } from "./rules.ts";
import { disguised, type Tally } from "./tally.ts";

export interface Limiting {
  rules: Pick<Rules, "rules" | "callers">;
  counters: Counters;
  tally: Tally;
}

/** A question that is not answered: the proxy does as the rule says for when the service is not there. */
export class Refusal extends Error {
  readonly reason: "INVALID_ARGUMENT" | "PERMISSION_DENIED";

  constructor(reason: Refusal["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Descriptors have as many entries as rules have keys; this is far more. */
const MOST_DESCRIPTORS = 1000;

interface Counted {
  rule: RateLimitRule;
  verdict: Verdict;
}

export async function shouldRateLimit(
  { rules, counters, tally }: Limiting,
  caller: SpiffeId,
  { domain, descriptors, hitsAddend }: RateLimitRequest,
): Promise<RateLimitResponse> {
  if (domain !== LIMITER_DOMAIN) throw new Refusal("INVALID_ARGUMENT", `the domain is ${LIMITER_DOMAIN} only`);
  if (descriptors.length > MOST_DESCRIPTORS) throw new Refusal("INVALID_ARGUMENT", "there are too many descriptors");
  const asked = descriptors.map((descriptor) => ({ descriptor, id: ruleOf(descriptor) }));
  for (const { id } of asked) {
    if (rules.rules.get(id) && !rules.callers.get(callerKey(id, caller))) {
      const who = `${caller.namespace}/${caller.serviceAccount}`;
      throw new Refusal("PERMISSION_DENIED", `rule ${id} is not for workloads of ${who}`);
    }
  }
  const hits = hitsAddend || 1;
  const counted = await Promise.all(
    asked.map(async ({ descriptor, id }): Promise<Counted | undefined> => {
      const rule = rules.rules.get(id);
      // Taken out just now, and the proxy has not heard of it: it limits nobody any more.
      if (!rule) return undefined;
      const verdict = await counters.take({ rule: id, key: keyOf(descriptor), limit: rule.limit, hits });
      tally.count(id, describe(descriptor), hits, verdict.allowed);
      return { rule, verdict };
    }),
  );
  return answer(counted);
}

function ruleOf({ entries: [first] }: RateLimitDescriptor): string {
  if (first?.key !== RULE) throw new Refusal("INVALID_ARGUMENT", `the first entry of a descriptor is its ${RULE}`);
  return first.value;
}

/** No two lists of values give the same. */
function keyOf({ entries }: RateLimitDescriptor): string {
  return JSON.stringify(entries.slice(1).map(({ value }) => value));
}

function describe({ entries: [, ...keys] }: RateLimitDescriptor): string {
  if (keys.length === 0) return "everybody";
  return keys.map(({ key, value }) => `${named(key)} ${shown(key, value)}`).join(", ");
}

function named(key: string): string {
  return key === "masked_remote_address" ? "address" : key;
}

function shown(key: string, value: string): string {
  if (value.startsWith(MARK)) return `(${value.slice(MARK.length)})`;
  return key.startsWith("header ") ? disguised(value) : value;
}

function answer(counted: readonly (Counted | undefined)[]): RateLimitResponse {
  const known = counted.filter((each) => each !== undefined);
  const refused = known.filter(({ verdict }) => !verdict.allowed);
  const headers = known.flatMap(({ rule, verdict }) => [
    { key: POLICY_HEADER, value: policyField(rule) },
    { key: LIMIT_HEADER, value: limitField(rule, verdict.remaining, seconds(verdict.fullMs)) },
  ]);
  const retry = Math.max(...refused.map(({ verdict }) => seconds(verdict.retryMs)));
  return create(RateLimitResponseSchema, {
    overallCode: refused.length > 0 ? Code.OVER_LIMIT : Code.OK,
    statuses: counted.map((each) => ({
      code: each?.verdict.allowed === false ? Code.OVER_LIMIT : Code.OK,
      ...(each && {
        limitRemaining: each.verdict.remaining,
        durationUntilReset: durationFromMs(Math.ceil(each.verdict.fullMs)),
      }),
    })),
    responseHeadersToAdd: [...headers, ...(refused.length > 0 ? [{ key: "retry-after", value: String(retry) }] : [])],
    ...(refused.length > 0 && {
      rawBody: Buffer.from(refusalBody(refused.map(({ rule }) => policyField(rule)).join(", "))),
    }),
  });
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
