import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Address, AddressSchema } from "#envoy/config/core/v3/address_pb.js";
import type { LbEndpointSchema } from "#envoy/config/endpoint/v3/endpoint_components_pb.js";

const UNIX = "unix://";

/** An IP address (or, for DNS clusters, a name) with its port, or `unix:///path`. */
export function address(host: string, port: number): Address {
  return create(AddressSchema, {
    address: host.startsWith(UNIX)
      ? { case: "pipe", value: { path: host.slice(UNIX.length) } }
      : { case: "socketAddress", value: { address: host, portSpecifier: { case: "portValue", value: port } } },
  });
}

export function socketEndpoint(host: string, port: number): MessageInitShape<typeof LbEndpointSchema> {
  return { hostIdentifier: { case: "endpoint", value: { address: address(host, port) } } };
}
