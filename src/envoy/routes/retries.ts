import { create } from "@bufbuild/protobuf";
import { type RetryPolicy, RetryPolicySchema } from "#envoy/config/route/v3/route_components_pb.js";
import { PreviousHostsPredicateSchema } from "#envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js";
import { PreviousPrioritiesConfigSchema } from "#envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config_pb.js";
import type { Retries } from "../../mesh/model.ts";
import { pack } from "../any.ts";
import { milliseconds } from "../durations.ts";
import { present, UNDELIVERED } from "../undelivered.ts";

/** What did not reach an application, or what it asked to be tried again: safe for every method. */
const DEFAULT_ON = ["connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes"];

/** Whatever a user chooses: what never came to an application may be sent to another. */
const UNDELIVERED_ON = "retriable-headers";

/** @param hashed The destination is chosen by a hash: a retry goes to the same host, as the next one would. */
export function retryPolicy(retries: Retries, hashed: boolean): RetryPolicy | undefined {
  if (retries.attempts <= 0) return undefined;
  const elsewhere = retries.ignorePreviousHosts ?? !hashed;
  return create(RetryPolicySchema, {
    numRetries: retries.attempts,
    retryOn: [...retryOn(retries), UNDELIVERED_ON].join(","),
    retriableHeaders: [present(UNDELIVERED)],
    retriableStatusCodes: [...retries.retriableStatusCodes],
    ...(retries.perTryTimeoutMs !== undefined && { perTryTimeout: milliseconds(retries.perTryTimeoutMs) }),
    ...(retries.backoffMs !== undefined && { retryBackOff: { baseInterval: milliseconds(retries.backoffMs) } }),
    hostSelectionRetryMaxAttempts: 5n,
    retryHostPredicate: elsewhere
      ? [
          {
            name: "envoy.retry_host_predicates.previous_hosts",
            configType: { case: "typedConfig", value: pack(PreviousHostsPredicateSchema) },
          },
        ]
      : [],
    ...(retries.retryRemoteLocalities && {
      retryPriority: {
        name: "envoy.retry_priorities.previous_priorities",
        configType: { case: "typedConfig", value: pack(PreviousPrioritiesConfigSchema, { updateFrequency: 2 }) },
      },
    }),
  });
}

export function defaultRetries(attempts: number): Retries {
  return { attempts, on: [], retriableStatusCodes: [] };
}

function retryOn({ on, retriableStatusCodes }: Retries): string[] {
  if (on.length === 0 && retriableStatusCodes.length === 0) return DEFAULT_ON;
  const codes = "retriable-status-codes";
  const others = on.filter((term) => term !== UNDELIVERED_ON);
  return retriableStatusCodes.length > 0 && !on.includes(codes) ? [...others, codes] : others;
}
