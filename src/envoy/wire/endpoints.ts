import { ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import type { Reader } from "../../engine/derived.ts";
import type { ClusterSpec } from "../../mesh/lookups.ts";
import { encode } from "../encode.ts";
import { loadAssignment } from "../endpoints.ts";
import { LIMITER_CLUSTER, parseOutboundClusterName } from "../names.ts";
import type { Resource } from "../resource.ts";
import { limiterSpec } from "./limiter.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";

/** The endpoints of a cluster as a client sees them. A cluster that does not exist has none. */
export function endpointsRow(read: Reader, mesh: MeshRows, scope: Scope, name: string): Resource {
  const cluster = name === LIMITER_CLUSTER ? limiterSpec(read, mesh) : clusterOf(read, mesh, scope, name);
  const endpoints = cluster
    ? mesh.endpoints(read, cluster.service.host, cluster.port.number, cluster.subsetLabels)
    : [];
  const balancing = cluster?.policy.locality;
  return encode(
    ClusterLoadAssignmentSchema,
    loadAssignment({ clusterName: name, endpoints, ...(balancing && { balancing }) }),
    { name, origins: cluster ? [cluster.service.origin] : [] },
  );
}

function clusterOf(read: Reader, mesh: MeshRows, scope: Scope, name: string): ClusterSpec | undefined {
  const named = parseOutboundClusterName(name);
  return named && mesh.cluster(read, scope.client, named);
}
