import { create } from "@bufbuild/protobuf";
import {
  OutlierDetectionSchema,
  type OutlierDetection as Outliers,
} from "#envoy/config/cluster/v3/outlier_detection_pb.js";
import type { OutlierDetection } from "../../mesh/model.ts";
import { milliseconds } from "../durations.ts";

/** What is not said stays Envoy's default; ejection by success rate, which no Istio object asks for, is off. */
export function outlierDetection(outliers: OutlierDetection): Outliers {
  const { consecutive5xx, consecutiveGatewayErrors, consecutiveLocalOriginFailures } = outliers;
  const splits = outliers.splitLocalOriginErrors === true;
  return create(OutlierDetectionSchema, {
    enforcingSuccessRate: 0,
    ...(consecutive5xx !== undefined && { consecutive5xx, enforcingConsecutive5xx: enforce(consecutive5xx) }),
    ...(consecutiveGatewayErrors !== undefined && {
      consecutiveGatewayFailure: consecutiveGatewayErrors,
      enforcingConsecutiveGatewayFailure: enforce(consecutiveGatewayErrors),
    }),
    ...(splits && { splitExternalLocalOriginErrors: true, enforcingLocalOriginSuccessRate: 0 }),
    ...(splits &&
      consecutiveLocalOriginFailures && {
        consecutiveLocalOriginFailure: consecutiveLocalOriginFailures,
        enforcingConsecutiveLocalOriginFailure: 100,
      }),
    ...(outliers.intervalMs !== undefined && { interval: milliseconds(outliers.intervalMs) }),
    ...(outliers.baseEjectionMs !== undefined && { baseEjectionTime: milliseconds(outliers.baseEjectionMs) }),
    ...(outliers.maxEjectionPercent !== undefined && { maxEjectionPercent: outliers.maxEjectionPercent }),
  });
}

/** 0 failures in a row means that this kind of failure does not count. */
function enforce(threshold: number): number {
  return threshold > 0 ? 100 : 0;
}
