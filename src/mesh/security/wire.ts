/** The policies of identity and access, as rows: each kind in its own file, asked for by workload. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshSettings } from "../model.ts";
import type { Services } from "../services.ts";
import { type AuthorizationPolicies, wireAuthorization } from "./authorization.ts";
import { type RateLimits, wireRateLimits } from "./rate-limits.ts";
import { type RequestAuthentications, wireRequestAuthentications } from "./request-authentication.ts";

export interface Security {
  authentication: RequestAuthentications;
  authorization: AuthorizationPolicies;
  rateLimits: RateLimits;
}

export function wireSecurity(
  graph: Graph,
  inputs: MeshInputs,
  settings: Collection<MeshSettings>,
  services: Services,
): Security {
  return {
    authentication: wireRequestAuthentications(graph, inputs, settings),
    authorization: wireAuthorization(graph, inputs, settings, services),
    rateLimits: wireRateLimits(graph, inputs, settings),
  };
}
