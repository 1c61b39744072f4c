/** The bootstrap is JSON, since it goes into a command line; these are the words that it repeats. */
import type { JsonObject } from "@bufbuild/protobuf";

/** @param name Of the message, without `envoy.`. */
export function typed(name: string, fields: JsonObject = {}): JsonObject {
  return { "@type": `type.googleapis.com/envoy.${name}`, ...fields };
}

export function socketAddress(address: string, port: number): JsonObject {
  return { socket_address: { address, port_value: port } };
}
