/** Faults, retries, CORS and header operations of an HTTP rule. */
import { grpcStatusCode } from "./grpc-status.ts";
import { each, eachEntry, type Report } from "./report.ts";
import {
  checkDuration,
  checkNotNegative,
  checkPercent,
  checkPercentNumber,
  checkStringMatch,
  isHeaderName,
} from "./value-checks.ts";
import type { CorsSpec, HeadersSpec, HttpRouteSpec } from "./virtual-service-schema.ts";

export function checkFault(report: Report, field: string, fault: HttpRouteSpec["fault"]): void {
  if (!fault) return;
  const { delay, abort } = fault;
  if (!delay && !abort) report("missing", field, "a fault needs a delay or an abort", "say which, or leave fault out");
  checkPercent(report, `${field}.delay.percentage`, delay?.percentage);
  checkPercentNumber(report, `${field}.delay.percent`, delay?.percent);
  checkPercent(report, `${field}.abort.percentage`, abort?.percentage);
  checkDuration(report, `${field}.delay.fixedDelay`, delay?.fixedDelay);
  if (delay?.exponentialDelay !== undefined) {
    report("value", `${field}.delay.exponentialDelay`, "exponential delays do not exist in Envoy", "use fixedDelay");
  } else if (delay && delay.fixedDelay === undefined) {
    report("missing", `${field}.delay.fixedDelay`, "a delay needs its length", "give fixedDelay, such as 5s");
  }
  if (!abort) return;
  const kinds = (["httpStatus", "grpcStatus", "http2Error"] as const).filter((kind) => abort[kind] !== undefined);
  if (kinds.length !== 1)
    report("conflict", `${field}.abort`, "an abort has one status", "give httpStatus or grpcStatus");
  const { httpStatus, grpcStatus } = abort;
  if (httpStatus !== undefined && (httpStatus < 200 || httpStatus > 599)) {
    report(
      "value",
      `${field}.abort.httpStatus`,
      `${httpStatus} is no status of a response`,
      "give one from 200 to 599",
    );
  }
  if (grpcStatus !== undefined && grpcStatusCode(grpcStatus) === undefined) {
    report(
      "value",
      `${field}.abort.grpcStatus`,
      `"${grpcStatus}" is no gRPC status`,
      "give a name such as UNAVAILABLE",
    );
  }
  if (abort.http2Error !== undefined) {
    report("value", `${field}.abort.http2Error`, "HTTP/2 errors cannot be injected", "use httpStatus or grpcStatus");
  }
}

/** Envoy's terms for HTTP and gRPC; numbers are statuses. */
const RETRY_ON = new Set([
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "envoy-ratelimited",
  "retriable-4xx",
  "refused-stream",
  "retriable-status-codes",
  "retriable-headers",
  "http3-post-connect-failure",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
]);

export function checkRetries(report: Report, field: string, retries: HttpRouteSpec["retries"]): void {
  if (!retries) return;
  checkNotNegative(report, `${field}.attempts`, retries.attempts);
  if (!retries.attempts && (retries.retryOn || retries.perTryTimeout)) {
    report(
      "conflict",
      `${field}.attempts`,
      "with 0 attempts nothing is retried, but there is a policy",
      "give attempts",
    );
  }
  checkDuration(report, `${field}.perTryTimeout`, retries.perTryTimeout, { zero: true });
  checkDuration(report, `${field}.backoff`, retries.backoff);
  for (const term of (retries.retryOn ?? "").split(",").flatMap((each) => each.trim() || [])) {
    const code = Number(term);
    const isStatus = Number.isInteger(code) && code >= 100 && code <= 599;
    if (!RETRY_ON.has(term) && !isStatus) {
      report(
        "value",
        `${field}.retryOn`,
        `"${term}" is nothing to retry on`,
        "use Envoy's terms such as 5xx, or statuses",
      );
    }
  }
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"]);

export function checkCors(report: Report, field: string, cors: CorsSpec | undefined): void {
  each(cors?.allowOrigins, `${field}.allowOrigins`, (origin, at) => {
    if (origin.exact === undefined && origin.prefix === undefined && origin.regex === undefined) {
      report("missing", at, "an origin needs exact, prefix or regex");
    }
    checkStringMatch(report, at, origin);
  });
  each(cors?.allowMethods, `${field}.allowMethods`, (method, at) => {
    if (!METHODS.has(method)) report("value", at, `"${method}" is no HTTP method`, "write it in capitals");
  });
  for (const list of ["allowHeaders", "exposeHeaders"] as const) {
    each(cors?.[list], `${field}.${list}`, (name, at) => {
      if (!isHeaderName(name)) report("value", at, `"${name}" is no header name`);
    });
  }
  checkDuration(report, `${field}.maxAge`, cors?.maxAge);
}

/** Requests may set the authority (a rewrite); other pseudo headers and `Host` cannot be touched. */
export function checkHeaders(report: Report, field: string, headers: HeadersSpec | undefined): void {
  for (const side of ["request", "response"] as const) {
    const operations = headers?.[side];
    for (const verb of ["set", "add"] as const) {
      eachEntry(operations?.[verb], `${field}.${side}.${verb}`, (name, value, at) => {
        checkOperation(report, at, name, side === "request");
        if (/[\0\r\n]/.test(value)) report("value", at, "a header's value is one line", "take line breaks out");
      });
    }
    each(operations?.remove, `${field}.${side}.remove`, (name, at) => {
      checkOperation(report, at, name, false);
    });
  }
}

function checkOperation(report: Report, field: string, name: string, authority: boolean): void {
  const lower = name.toLowerCase();
  if (authority && (lower === ":authority" || lower === "host")) return;
  if (name.startsWith(":") || lower === "host") {
    report("value", field, `the header "${name}" cannot be changed`, "use rewrite to change path or authority");
  } else if (!isHeaderName(name)) {
    report("value", field, `"${name}" is no header name`, "use letters, digits and dashes");
  }
}
