import { ApiVersion } from "#envoy/config/core/v3/config_source_pb.js";
import { RateLimitSchema } from "#envoy/extensions/filters/http/ratelimit/v3/rate_limit_pb.js";
import type { HttpFilter } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { StatusCode } from "#envoy/type/v3/http_status_pb.js";
import type { RateLimitRule } from "../../mesh/security/rate-limit-model.ts";
import { pack } from "../any.ts";
import { milliseconds } from "../durations.ts";
import { LIMITER_CLUSTER } from "../names.ts";
import { descriptor } from "../rate-limits/descriptors.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { RATE_LIMIT } from "./names.ts";

/** The service serves no other. */
export const LIMITER_DOMAIN = "lateen";

/** How long a request waits for the service; after that it counts as unavailable. An answer takes a millisecond or two. */
const LIMITER_TIMEOUT_MS = 500;

/** Global rules ask the service together, but for what becomes of a request when it does not answer. */
export const rateLimit: FilterBuilder = ({ direction, policies }) => {
  const rules = (policies.rateLimits ?? []).filter(({ scope }) => scope === "Global");
  return (["Deny", "Allow"] as const).flatMap((mode) => {
    const asked = rules.filter(({ onUnavailable }) => onUnavailable === mode);
    return asked.length > 0 ? [filterFor(asked, mode, direction === "Outbound")] : [];
  });
};

function filterFor(rules: readonly RateLimitRule[], mode: "Deny" | "Allow", atGateway: boolean): HttpFilter {
  return httpFilter(
    mode === "Allow" ? RATE_LIMIT : `${RATE_LIMIT}.deny`,
    pack(RateLimitSchema, {
      domain: LIMITER_DOMAIN,
      statPrefix: "lateen",
      rateLimits: rules.map((rule) => descriptor(rule, atGateway).making),
      timeout: milliseconds(LIMITER_TIMEOUT_MS),
      failureModeDeny: mode === "Deny",
      statusOnError: { code: StatusCode.ServiceUnavailable },
      rateLimitService: {
        transportApiVersion: ApiVersion.V3,
        grpcService: { targetSpecifier: { case: "envoyGrpc", value: { clusterName: LIMITER_CLUSTER } } },
      },
      disableXEnvoyRatelimitedHeader: true,
      rateLimitedAsResourceExhausted: true,
    }),
  );
}
