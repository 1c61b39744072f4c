/**
 * The mesh model as engine rows. `wireMesh` turns the inputs into collections, in layers: settings, services and
 * workloads, endpoints, rules, gateways. What a client sees is looked up in them (lookups.ts), name by name.
 */
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import { type DestinationRules, wireDestinationRules } from "./destination-rules.ts";
import { type Endpoints, wireEndpoints } from "./endpoints.ts";
import type { MeshInputs } from "./inputs.ts";
import type { MeshSettings } from "./model.ts";
import { type Selectors, wireSelectors } from "./selectors.ts";
import { type Services, wireServices } from "./services.ts";
import { wireSettings } from "./settings.ts";
import { type VirtualServices, wireVirtualServices } from "./virtual-services.ts";
import { type Workloads, wireWorkloads } from "./workloads.ts";

export interface MeshCollections {
  /** One row, key "". */
  settings: Collection<MeshSettings>;
  services: Services;
  workloads: Workloads;
  endpoints: Endpoints;
  virtualServices: VirtualServices;
  destinationRules: DestinationRules;
  selectors: Selectors;
}

export function wireMesh(graph: Graph, inputs: MeshInputs): MeshCollections {
  const settings = wireSettings(graph, inputs);
  const services = wireServices(graph, inputs, settings);
  const workloads = wireWorkloads(graph, inputs);
  const endpoints = wireEndpoints(graph, inputs, services, workloads);
  const virtualServices = wireVirtualServices(graph, inputs, settings);
  const destinationRules = wireDestinationRules(graph, inputs, settings);
  const selectors = wireSelectors(graph, virtualServices.rows, inputs.destinationRules);
  return { settings, services, workloads, endpoints, virtualServices, destinationRules, selectors };
}
