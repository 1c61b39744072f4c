import { create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { ApiVersion, type ConfigSource, ConfigSourceSchema } from "#envoy/config/core/v3/config_source_pb.js";

/**
 * "From the stream that you already have." Whoever waits for the first answer waits at most this long; zero waits
 * forever, which is right for what the control plane pushes anyway.
 */
export function ads(initialFetchTimeout: Duration): ConfigSource {
  return create(ConfigSourceSchema, {
    configSourceSpecifier: { case: "ads", value: {} },
    resourceApiVersion: ApiVersion.V3,
    initialFetchTimeout,
  });
}
