import { create } from "@bufbuild/protobuf";
import { Cluster_DiscoveryType, ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import { encode } from "../envoy/encode.ts";
import type { Resource, TypeUrl } from "../envoy/resource.ts";
import { CLUSTER, LOAD_ASSIGNMENT, VIRTUAL_HOST } from "../envoy/types.ts";

/** Of a virtual host that is not there. Never the same twice: Envoy takes a version that it has for a heartbeat, and
 * the request that waits for the answer would hang. */
const PREFIX = `absent.${Date.now().toString(36)}.`;
let count = 0;

/**
 * What a proxy gets that asks for a name that does not exist. Silence would hang its request or its warming; so would
 * `removed_resources` for a cluster asked for on demand. Undefined: the name goes into `removed_resources`.
 * - A virtual host: a resource without body; Envoy answers 404 at once.
 * - A cluster: one without endpoints; Envoy answers 503 at once.
 * - Endpoints: none; the cluster that waits for them is ready.
 */
export function absence(type: TypeUrl, name: string): Resource | undefined {
  switch (type) {
    case VIRTUAL_HOST:
      return { name, version: `${PREFIX}${++count}`, body: undefined, origins: [] };
    case CLUSTER:
      return cluster(name);
    case LOAD_ASSIGNMENT:
      return encode(ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, { clusterName: name }), {
        name,
        origins: [],
      });
    default:
      return undefined;
  }
}

/** Whether a version is that of a virtual host that was not there. */
export function isAbsentVersion(version: string): boolean {
  return version.startsWith("absent.");
}

function cluster(name: string): Resource {
  const stub = create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    connectTimeout: { seconds: 1n },
    loadAssignment: create(ClusterLoadAssignmentSchema, { clusterName: name }),
  });
  return encode(ClusterSchema, stub, { name, origins: [] });
}
