import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Resource, TypeUrl } from "../envoy/resource.ts";

/**
 * DeltaDiscoveryResponse by hand: a resource is wrapped and encoded once, whoever gets it; a response is the
 * concatenation of such pieces. Field numbers are those of envoy/service/discovery/v3/discovery.proto.
 */
export interface Response {
  type: TypeUrl;
  nonce: string;
  /** From `resourceEntry`. */
  entries: readonly Uint8Array[];
  removed: readonly string[];
}

const entries = new WeakMap<Resource, Uint8Array>();

/** One element of `resources`, tag and length included. */
export function resourceEntry(resource: Resource, aliases: readonly string[] = []): Uint8Array {
  if (aliases.length > 0) return wrap(resource, aliases);
  const known = entries.get(resource);
  if (known) return known;
  const entry = wrap(resource, aliases);
  entries.set(resource, entry);
  return entry;
}

function wrap(resource: Resource, aliases: readonly string[]): Uint8Array {
  const wrapper = new BinaryWriter();
  wrapper.tag(1, WireType.LengthDelimited).string(resource.version);
  if (resource.body) wrapper.tag(2, WireType.LengthDelimited).bytes(resource.body);
  wrapper.tag(3, WireType.LengthDelimited).string(resource.name);
  for (const alias of aliases) wrapper.tag(4, WireType.LengthDelimited).string(alias);
  return new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(wrapper.finish()).finish();
}

export function encodeResponse(response: Response): Buffer {
  const tail = new BinaryWriter();
  tail.tag(4, WireType.LengthDelimited).string(response.type);
  tail.tag(5, WireType.LengthDelimited).string(response.nonce);
  for (const name of response.removed) tail.tag(6, WireType.LengthDelimited).string(name);
  return Buffer.concat([...response.entries, tail.finish()]);
}
