import { create } from "@bufbuild/protobuf";
import {
  FractionalPercent_DenominatorType as Denominator,
  type FractionalPercent,
  FractionalPercentSchema,
} from "#envoy/type/v3/percent_pb.js";

/** Parts of a million, so that `0.01` percent is not rounded away. */
export function fraction(percent: number): FractionalPercent {
  return create(FractionalPercentSchema, { numerator: Math.round(percent * 10_000), denominator: Denominator.MILLION });
}
