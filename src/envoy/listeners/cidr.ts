import { create } from "@bufbuild/protobuf";
import { type CidrRange, CidrRangeSchema } from "#envoy/config/core/v3/address_pb.js";

/** `10.96.0.0/16`, or a single address. */
export function cidr(text: string): CidrRange {
  const [addressPrefix = "", length] = text.split("/");
  const all = addressPrefix.includes(":") ? 128 : 32;
  return create(CidrRangeSchema, { addressPrefix, prefixLen: length === undefined ? all : Number(length) });
}
