import { parseDuration } from "../../kinds/gateway-api/duration.ts";
import type { HttpRouteRule } from "../../kinds/gateway-api/http-route.ts";
import type { HttpRoute, Retries } from "../model.ts";

/** What Istio retries on when a rule says nothing about it. */
const DEFAULT_ATTEMPTS = 2;
const ON_CONNECTION_ERRORS = ["connect-failure", "refused-stream", "unavailable", "cancelled"];

/** Timeouts and retries of a rule. */
export function timing({ timeouts, retry }: HttpRouteRule): Pick<HttpRoute, "timeoutMs" | "retries"> {
  const request = timeouts?.request === undefined ? undefined : parseDuration(timeouts.request);
  const backend = timeouts?.backendRequest === undefined ? 0 : parseDuration(timeouts.backendRequest);
  const perTry = backend > 0 ? { perTryTimeoutMs: backend } : {};
  const timeout = request === undefined ? {} : { timeoutMs: request };
  if (!retry) {
    if (backend === 0) return timeout;
    return { ...timeout, retries: { attempts: DEFAULT_ATTEMPTS, on: [], retriableStatusCodes: [], ...perTry } };
  }
  const codes = retry.codes ?? [];
  const retries: Retries = {
    attempts: retry.attempts ?? DEFAULT_ATTEMPTS,
    on: codes.length > 0 ? [...ON_CONNECTION_ERRORS, "retriable-status-codes"] : ON_CONNECTION_ERRORS,
    retriableStatusCodes: codes,
    ...(retry.backoff === undefined ? {} : { backoffMs: parseDuration(retry.backoff) }),
    ...perTry,
  };
  return { ...timeout, retries };
}
