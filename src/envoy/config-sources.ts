import { create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import {
  ApiConfigSource_ApiType,
  ApiVersion,
  type ConfigSource,
  ConfigSourceSchema,
} from "#envoy/config/core/v3/config_source_pb.js";

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

/** From another server than the control plane: a cluster of the bootstrap. */
export function grpc(clusterName: string, initialFetchTimeout: Duration): ConfigSource {
  return create(ConfigSourceSchema, {
    configSourceSpecifier: {
      case: "apiConfigSource",
      value: {
        apiType: ApiConfigSource_ApiType.GRPC,
        transportApiVersion: ApiVersion.V3,
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ targetSpecifier: { case: "envoyGrpc", value: { clusterName } } }],
      },
    },
    resourceApiVersion: ApiVersion.V3,
    initialFetchTimeout,
  });
}
