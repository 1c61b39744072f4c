import type { JsonObject } from "@bufbuild/protobuf";
import { IDENTITY_CLUSTER } from "../names.ts";
import { typed } from "./messages.ts";

const HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** An agent that gives proxies their certificates over a socket, by whatever it knows of the process: SPIRE's, say. */
export function identityCluster(path: string): JsonObject {
  return {
    name: IDENTITY_CLUSTER,
    type: "STATIC",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      [HTTP]: typed(HTTP.slice("envoy.".length), { explicit_http_config: { http2_protocol_options: {} } }),
    },
    load_assignment: {
      cluster_name: IDENTITY_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
    },
  };
}
