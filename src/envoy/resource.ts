import type { ObjectRef } from "../mesh/model.ts";

/** `type.googleapis.com/envoy.config.cluster.v3.Cluster` and so on. */
export type TypeUrl = string;

/** A resource, computed and encoded once, shared by all proxies that see it the same way. */
export interface Resource {
  name: string;
  /** Of the content: equal bodies have equal versions, also after a restart of the control plane. */
  version: string;
  /** The encoded google.protobuf.Any; undefined says "there is no such thing" to an on-demand request. */
  body: Uint8Array | undefined;
  /** The objects it came from: shown when a proxy rejects it. */
  origins: readonly ObjectRef[];
  /**
   * Of a cluster: the names of the endpoint resources that Envoy waits for when it gets the cluster. Default: the
   * cluster's own name.
   */
  warmsWith?: readonly string[];
}
