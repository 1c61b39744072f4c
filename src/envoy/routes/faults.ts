import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { FaultDelaySchema } from "#envoy/extensions/filters/common/fault/v3/fault_pb.js";
import { FaultAbortSchema, HTTPFaultSchema } from "#envoy/extensions/filters/http/fault/v3/fault_pb.js";
import type { Fault } from "../../mesh/model.ts";
import { pack } from "../any.ts";
import { milliseconds } from "../durations.ts";
import { fraction } from "../percent.ts";

/** The route's own configuration of the fault filter. */
export function faultConfig({ delay, abort }: Fault): Any {
  return pack(HTTPFaultSchema, {
    ...(delay && {
      delay: create(FaultDelaySchema, {
        faultDelaySecifier: { case: "fixedDelay", value: milliseconds(delay.fixedMs) },
        percentage: fraction(delay.percent),
      }),
    }),
    ...(abort && {
      abort: create(FaultAbortSchema, {
        errorType:
          "httpStatus" in abort
            ? { case: "httpStatus", value: abort.httpStatus }
            : { case: "grpcStatus", value: abort.grpcStatus },
        percentage: fraction(abort.percent),
      }),
    }),
  });
}
