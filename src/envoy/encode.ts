import { createHash } from "node:crypto";
import { type DescMessage, isMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import { type Cluster, ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import type { ObjectRef } from "../mesh/model.ts";

/** A resource as the xDS server serves it. */
export interface Encoded {
  name: string;
  /** Of the content: equal bodies have equal versions, also after a restart. */
  version: string;
  /** The google.protobuf.Any; undefined says "there is no such thing" to an on-demand request. */
  body: Uint8Array | undefined;
  /** The objects it came from. */
  origins: readonly ObjectRef[];
  /** Of a cluster: the endpoint resources that Envoy waits for when it gets the cluster. */
  warmsWith?: readonly string[];
}

/**
 * The one place where a message becomes bytes, so that a faster encoder can take over here. Equal messages must give
 * equal bytes: fields go by number, and whoever builds a map (typed configs, metadata) inserts its keys in order.
 */
export function encode<M extends Message>(
  schema: DescMessage & { readonly typeName: M["$typeName"] },
  message: M,
  about: { name: string; origins: readonly ObjectRef[] },
): Encoded {
  const body = toBinary(AnySchema, anyPack(schema, message));
  const resource = { name: about.name, version: contentVersion(body), body, origins: about.origins };
  return isMessage(message, ClusterSchema) ? { ...resource, warmsWith: endpointResources(message) } : resource;
}

/** A cluster may share its endpoints with another, and most kinds of cluster have none of their own. */
function endpointResources({ name, edsClusterConfig }: Cluster): string[] {
  return edsClusterConfig ? [edsClusterConfig.serviceName || name] : [];
}

/** 96 bits of SHA-1: short in every ACK, and chance never makes two contents equal. */
function contentVersion(body: Uint8Array): string {
  return createHash("sha1").update(body).digest("base64url").slice(0, 16);
}
