/** Faults and CORS of a VirtualService's rule. */

import { grpcStatusCode } from "../kinds/istio/grpc-status.ts";
import type { CorsSpec, HttpRouteSpec } from "../kinds/istio/virtual-service-schema.ts";
import { milliseconds } from "./http-action.ts";
import type { CorsPolicy, Fault } from "./model.ts";
import { stringMatch } from "./string-match.ts";

/** A fault without a share concerns no request. */
export function faultOf(spec: HttpRouteSpec["fault"]): Fault | undefined {
  const fixedMs = milliseconds(spec?.delay?.fixedDelay);
  const delayed = spec?.delay?.percentage?.value ?? spec?.delay?.percent ?? 0;
  const aborted = spec?.abort?.percentage?.value ?? 0;
  const status = abortStatus(spec?.abort);
  const fault: Fault = {
    ...(fixedMs !== undefined && delayed > 0 && { delay: { fixedMs, percent: delayed } }),
    ...(status && aborted > 0 && { abort: { percent: aborted, ...status } }),
  };
  return fault.delay || fault.abort ? fault : undefined;
}

type AbortSpec = NonNullable<HttpRouteSpec["fault"]>["abort"];

function abortStatus(spec: AbortSpec): { httpStatus: number } | { grpcStatus: number } | undefined {
  if (spec?.httpStatus !== undefined) return { httpStatus: spec.httpStatus };
  const grpcStatus = spec?.grpcStatus === undefined ? undefined : grpcStatusCode(spec.grpcStatus);
  return grpcStatus === undefined ? undefined : { grpcStatus };
}

export function corsOf(spec: CorsSpec | undefined): CorsPolicy | undefined {
  if (!spec) return undefined;
  const maxAge = milliseconds(spec.maxAge);
  const plain = (spec.allowOrigin ?? []).map((exact) => ({ exact }));
  const unmatched = spec.unmatchedPreflights;
  return {
    allowOrigins: (spec.allowOrigins?.length ? spec.allowOrigins : plain).map((origin) => stringMatch(origin)),
    allowMethods: spec.allowMethods ?? [],
    allowHeaders: spec.allowHeaders ?? [],
    exposeHeaders: spec.exposeHeaders ?? [],
    ...(maxAge !== undefined && { maxAgeSeconds: Math.floor(maxAge / 1000) }),
    ...(spec.allowCredentials !== undefined && { allowCredentials: spec.allowCredentials }),
    ...(unmatched === "IGNORE" && { unmatchedPreflights: "Ignore" as const }),
    ...(unmatched === "FORWARD" && { unmatchedPreflights: "Forward" as const }),
  };
}
