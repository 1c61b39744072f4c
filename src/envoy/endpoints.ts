import { create } from "@bufbuild/protobuf";
import { HealthStatus } from "#envoy/config/core/v3/health_check_pb.js";
import {
  type LbEndpoint,
  LbEndpointSchema,
  type LocalityLbEndpoints,
  LocalityLbEndpointsSchema,
} from "#envoy/config/endpoint/v3/endpoint_components_pb.js";
import { type ClusterLoadAssignment, ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import type { Endpoint, Labels, LocalityBalancing } from "../mesh/model.ts";
import { address } from "./addresses.ts";
import { endpointMetadata } from "./endpoints/metadata.ts";
import { byPriority, type Placed } from "./endpoints/priorities.ts";
import { locality } from "./localities.ts";

export interface LoadAssignmentParams {
  clusterName: string;
  /** Those of the port, already narrowed to the subset. */
  endpoints: readonly Endpoint[];
  /** Where the client is, and its labels: for locality failover. */
  client?: { locality: string; labels: Labels };
  balancing?: LocalityBalancing;
}

export function loadAssignment(params: LoadAssignmentParams): ClusterLoadAssignment {
  return create(ClusterLoadAssignmentSchema, {
    clusterName: params.clusterName,
    endpoints: byPriority(params.endpoints, params.balancing, params.client).map(localityEndpoints),
  });
}

function localityEndpoints({ name, weight, priority, endpoints }: Placed): LocalityLbEndpoints {
  return create(LocalityLbEndpointsSchema, {
    locality: locality(name),
    loadBalancingWeight: weight,
    priority,
    lbEndpoints: endpoints.map(lbEndpoint),
  });
}

function lbEndpoint(endpoint: Endpoint): LbEndpoint {
  return create(LbEndpointSchema, {
    hostIdentifier: { case: "endpoint", value: { address: address(endpoint.address, endpoint.port) } },
    healthStatus: endpoint.health === "Draining" ? HealthStatus.DRAINING : HealthStatus.UNKNOWN,
    loadBalancingWeight: Math.max(1, endpoint.weight),
    ...endpointMetadata(endpoint),
  });
}
