/**
 * The mesh model as engine rows. `wireMesh` turns the inputs into collections, in layers: settings, services and
 * workloads, endpoints, rules, gateways. What a client sees is looked up in them (lookups.ts), name by name.
 */
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import { type Credentials, wireCredentials } from "./credentials.ts";
import { type DestinationRules, wireDestinationRules } from "./destination-rules.ts";
import { type Endpoints, wireEndpoints } from "./endpoints.ts";
import { type GatewayWorkloads, wireGatewayWorkloads } from "./gateway-workloads.ts";
import { type GatewayContributions, type Gateways, wireGateways } from "./gateways.ts";
import { type InboundPort, wireInbound } from "./inbound.ts";
import type { MeshInputs } from "./inputs.ts";
import { type IstioGateways, wireIstioGateways } from "./istio-gateways.ts";
import type { MeshSettings } from "./model.ts";
import { type PeerAuthentications, wirePeerAuthentications } from "./security/peer-authentication.ts";
import { type SecureNames, wireSecureNames } from "./security/secure-names.ts";
import { type Security, wireSecurity } from "./security/wire.ts";
import { type Selectors, wireSelectors } from "./selectors.ts";
import { type Services, wireServices } from "./services.ts";
import { wireSettings } from "./settings.ts";
import { type VirtualServices, wireVirtualServices } from "./virtual-services.ts";
import { type Workloads, wireWorkloads } from "./workloads.ts";

export interface MeshCollections {
  /** One row, key "". */
  settings: Collection<MeshSettings>;
  services: Services;
  credentials: Credentials;
  workloads: Workloads;
  peerAuthentications: PeerAuthentications;
  endpoints: Endpoints;
  secureNames: SecureNames;
  virtualServices: VirtualServices;
  destinationRules: DestinationRules;
  selectors: Selectors;
  /** What pods are called at, key `namespace/name`. */
  inbound: Collection<readonly InboundPort[]>;
  gatewayWorkloads: GatewayWorkloads;
  security: Security;
  istioGateways: IstioGateways;
  gateways: Gateways;
}

/** What a gateway API may read; how it contributes is in gateways.ts. */
export type MeshCore = Omit<MeshCollections, "istioGateways" | "gateways">;
type WireGatewayApi = (graph: Graph, inputs: MeshInputs, core: MeshCore) => GatewayContributions;

/** `gatewayApis`: those besides Istio's own. */
export function wireMesh(
  graph: Graph,
  inputs: MeshInputs,
  gatewayApis: readonly WireGatewayApi[] = [],
): MeshCollections {
  const settings = wireSettings(graph, inputs);
  const services = wireServices(graph, inputs, settings);
  const workloads = wireWorkloads(graph, inputs);
  const credentials = wireCredentials(graph, inputs);
  const peerAuthentications = wirePeerAuthentications(graph, inputs, workloads.rows, settings);
  const endpoints = wireEndpoints(graph, inputs, services, workloads, peerAuthentications);
  const secureNames = wireSecureNames(graph, endpoints);
  const virtualServices = wireVirtualServices(graph, inputs, settings);
  const destinationRules = wireDestinationRules(graph, inputs, settings);
  const selectors = wireSelectors(graph, inputs, virtualServices.rows, settings);
  const inbound = wireInbound(graph, inputs, services.fromKubernetes.rows, (namespace, name) => `${namespace}/${name}`);
  const gatewayWorkloads = wireGatewayWorkloads(graph, inputs, workloads, selectors);
  const security = wireSecurity(graph, inputs, settings, services);
  const rules = { virtualServices, destinationRules, selectors };
  const proxies = { inbound, gatewayWorkloads, security, peerAuthentications, secureNames };
  const core: MeshCore = { settings, services, credentials, workloads, endpoints, ...rules, ...proxies };
  const istioGateways = wireIstioGateways(graph, inputs, core);
  const others = gatewayApis.map((wire) => wire(graph, inputs, core));
  return { ...core, istioGateways, gateways: wireGateways(graph, [istioGateways, ...others]) };
}
