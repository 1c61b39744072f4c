/**
 * What requests are told apart by, as Envoy's descriptor entries. Envoy does not limit a request for which an entry
 * cannot be made: so every key has a value for every request, and who brings nothing to be told by shares one bucket
 * with all others who do not.
 */
import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { type RateLimit_Action, RateLimit_ActionSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { DirectSourceIPInputSchema } from "#envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { DescriptorSchema } from "#envoy/extensions/rate_limit_descriptors/expr/v3/expr_pb.js";
import type { RateLimitKey } from "../../mesh/security/rate-limit-model.ts";
import { pack } from "../any.ts";
import { JWT_METADATA_NAMESPACE, JWT_PAYLOAD_KEY } from "../http-filters/jwt-metadata.ts";

/** Before what stands for no value, so that no header can hold it. */
export const MARK = "\n";
const ABSENT = `${MARK}none`;

/** A bucket holds its key, and a client's header may be long: those that are longer than this share one. */
const LONGEST = 2048;

export interface KeyEntry {
  /** The entry's name in the descriptor. */
  key: string;
  action: RateLimit_Action;
}

/** @param atGateway Whether it faces strangers, who come through known proxies at most. */
export function keyEntry(key: RateLimitKey, atGateway: boolean): KeyEntry {
  switch (key.type) {
    case "Header":
      return expression(`header ${key.name}`, headerValue(key.name));
    case "Identity":
      return expression(`identity ${key.part}`, identity(IDENTITY[key.part]));
    case "Claim":
      return claim(key.path);
    case "Address":
      return atGateway ? trustedAddress() : peerAddress();
  }
}

function headerValue(name: string): string {
  const header = `request.headers[${text(name)}]`;
  const value = `size(${header}) > ${LONGEST} ? ${text(`${MARK}long`)} : ${header}`;
  return `${text(name)} in request.headers ? (${header} == '' ? ${text(`${MARK}empty`)} : ${value}) : ${text(ABSENT)}`;
}

const IDENTITY = {
  Principal: ["^spiffe://(.+)$", "\\\\1"],
  ServiceAccount: ["^spiffe://[^/]+/ns/([^/]+)/sa/([^/]+)$", "\\\\1/\\\\2"],
  Namespace: ["^spiffe://[^/]+/ns/([^/]+)/sa/[^/]+$", "\\\\1"],
} as const;

/** An extraction that finds nothing is an error, and an error would leave the request uncounted. */
function identity([pattern, part]: readonly [string, string]): string {
  const name = "connection.uri_san_peer_certificate";
  return `connection.mtls && has(${name}) && ${name}.matches('${pattern}') ? re.extract(${name}, '${pattern}', '${part}') : ${text(ABSENT)}`;
}

function claim(path: readonly string[]): KeyEntry {
  const key = `claim ${path.join(".")}`;
  const segments = [JWT_PAYLOAD_KEY, ...path];
  const metadataKey = {
    key: JWT_METADATA_NAMESPACE,
    path: segments.map((value) => ({ segment: { case: "key" as const, value } })),
  };
  const value = { descriptorKey: key, metadataKey, defaultValue: ABSENT };
  return { key, action: create(RateLimit_ActionSchema, { actionSpecifier: { case: "metadata", value } }) };
}

/** An address of IPv6 is one of many that its owner has: the network counts. */
function trustedAddress(): KeyEntry {
  const value = { v4PrefixMaskLen: 32, v6PrefixMaskLen: 64 };
  const action = create(RateLimit_ActionSchema, { actionSpecifier: { case: "maskedRemoteAddress", value } });
  return { key: "masked_remote_address", action };
}

/** Inside the mesh a header about the client's address is what some workload wrote: the connection's own end counts. */
function peerAddress(): KeyEntry {
  return extension("address", pack(DirectSourceIPInputSchema));
}

function expression(key: string, value: string): KeyEntry {
  return extension(key, pack(DescriptorSchema, { descriptorKey: key, exprSpecifier: { case: "text", value } }));
}

/** An input of Envoy's matchers gives an entry under the name that it has here. */
function extension(name: string, typedConfig: Any): KeyEntry {
  const value = { name, typedConfig };
  return { key: name, action: create(RateLimit_ActionSchema, { actionSpecifier: { case: "extension", value } }) };
}

/** As CEL writes a text. */
function text(value: string): string {
  return `'${value.replace(/['\\]/g, (character) => `\\${character}`).replaceAll("\n", "\\n")}'`;
}
