import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, durationFromMs } from "@bufbuild/protobuf/wkt";

export function milliseconds(ms: number): Duration {
  return durationFromMs(ms);
}

export function seconds(s: number): Duration {
  return durationFromMs(s * 1000);
}

/** Envoy reads zero as "no limit" wherever we use it. */
export function noTimeout(): Duration {
  return create(DurationSchema);
}
