/**
 * The Gateway API: GatewayClass, Gateway, HTTPRoute and ReferenceGrant as rows of the engine. Gateways contribute
 * servers and hosts to gateway workloads (../gateways.ts), routes with a Service as parent become routes of the mesh's
 * clients, and every object gets a row that says what its status is to be. Nothing here writes anything.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { KubeObject } from "../../store/object.ts";
import type { GatewayContributions, GatewayServerContribution } from "../gateways.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshCore } from "../mesh.ts";
import type { MeshSettings, ObjectRef } from "../model.ts";
import type { StatusRow } from "../status-row.ts";
import { type ParentResult, parentResults } from "./attachments.ts";
import { clusterDomainOf } from "./cluster-domain.ts";
import { type GatewayClassStatus, type GatewayStatus, gatewayClassStatus, gatewayStatus } from "./gateway-status.ts";
import { CONTROLLER_NAME, type GatewayRow, wireGateways } from "./gateways.ts";
import { wireGrants } from "./grants.ts";
import { wireHosts } from "./hosts.ts";
import { type ResolvedRoute, resolveHttpRoute } from "./http-rules.ts";
import { type MeshRoutes, wireMeshRoutes } from "./mesh-routes.ts";
import { parsedHttpRoutes } from "./objects.ts";
import { httpRouteStatus, type RouteStatus } from "./route-status.ts";
import { addressesOf, isReady, wireReadyServices } from "./service-state.ts";

export interface GatewayApi extends GatewayContributions {
  /** Key: meshRoutesKey. */
  meshRoutes: Collection<MeshRoutes>;
  /** Key `namespace/name`: Gateways of our classes. */
  gatewayRows: Collection<GatewayRow>;
  /** What each object's status is to say, by kind. */
  statuses: {
    gatewayClasses: Collection<StatusRow<GatewayClassStatus>>;
    gateways: Collection<StatusRow<GatewayStatus>>;
    httpRoutes: Collection<StatusRow<RouteStatus>>;
  };
}

type Inputs = Pick<
  MeshInputs,
  "gatewayClasses" | "k8sGateways" | "httpRoutes" | "referenceGrants" | "services" | "endpointSlices" | "namespaces"
>;

/** `secrets` is apart: who does not want to hold them passes an empty collection, and no certificate is found. */
export function wireGatewayApi(
  graph: Graph,
  inputs: Inputs,
  { workloads, settings }: Pick<MeshCore, "workloads" | "settings">,
  secrets: Collection<KubeObject>,
): GatewayApi {
  const grants = wireGrants(graph, inputs.referenceGrants);
  const gateways = wireGateways(graph, { ...inputs, secrets, workloads, grants, settings });
  const routes = parsedHttpRoutes(graph, inputs.httpRoutes);
  const resolved = graph.derive("http route rules", routes, (_key, route, read): ResolvedRoute => {
    const clusterDomain = clusterDomainOf(settings, read);
    return resolveHttpRoute(route, { read, services: inputs.services, grants, clusterDomain });
  });
  const sources = { ...inputs, gateways: gateways.rows, allGateways: gateways.parsed, settings };
  const parents = graph.derive("http route parents", routes, (_key, route, read): readonly ParentResult[] =>
    parentResults(route, sources, read),
  );
  const routeStatuses = graph.derive("http route statuses", routes, (key, route, read) =>
    httpRouteStatus(route, read.get(parents, key) ?? [], read.get(resolved, key)),
  );
  const classStatuses = graph.derive("gateway class statuses", inputs.gatewayClasses, (_key, { metadata, spec }) =>
    member(spec, "controllerName") === CONTROLLER_NAME
      ? gatewayClassStatus(metadata.name, metadata.generation ?? 0, member(spec, "parametersRef") !== undefined)
      : undefined,
  );
  return {
    servers: wireServers(graph, gateways.rows),
    hosts: wireHosts(graph, { gateways: gateways.rows, parents, resolved }),
    meshRoutes: wireMeshRoutes(graph, parents, resolved),
    gatewayRows: gateways.rows,
    statuses: {
      gatewayClasses: classStatuses,
      gateways: wireGatewayStatuses(graph, inputs, gateways, parents, settings),
      httpRoutes: routeStatuses,
    },
  };
}

function wireServers(graph: Graph, gateways: Collection<GatewayRow>): Collection<GatewayServerContribution> {
  return graph.deriveMany<GatewayRow, GatewayServerContribution>("gateway api servers", gateways, (key, gateway) => {
    const origin: ObjectRef = {
      kind: "gateway.networking.k8s.io/Gateway",
      namespace: gateway.namespace,
      name: gateway.name,
    };
    return gateway.workloads.flatMap((workload) =>
      gateway.listeners
        .filter(({ rejected }) => !rejected)
        .map((listener): [string, GatewayServerContribution] => [
          `${workload}|${key}|${listener.name}`,
          {
            gateway: workload,
            targetPort: listener.targetPort,
            bind: "",
            createdAt: gateway.createdAt,
            server: {
              origin,
              name: listener.name,
              port: listener.port,
              targetPort: listener.targetPort,
              protocol: "HTTP",
              bind: "",
              hosts: [listener.hostname === "" ? "*" : listener.hostname],
              httpsRedirect: false,
            },
          },
        ]),
    );
  });
}

function wireGatewayStatuses(
  graph: Graph,
  inputs: Inputs,
  gateways: ReturnType<typeof wireGateways>,
  parents: Collection<readonly ParentResult[]>,
  settings: Collection<MeshSettings>,
): Collection<StatusRow<GatewayStatus>> {
  const ready = wireReadyServices(graph, inputs.endpointSlices);
  const byListener = graph.index(parents, "listener", (results) =>
    results.flatMap(({ listeners }) => listeners.map(({ gateway, listener }) => `${gateway}|${listener}`)),
  );
  return graph.derive("gateway api gateway statuses", gateways.parsed, (key, { generation }, read) => {
    const gateway = read.get(gateways.rows, key);
    if (!gateway) return undefined;
    return gatewayStatus(gateway, generation, {
      addresses: addressesOf(read.get(inputs.services, gateway.service), clusterDomainOf(settings, read)),
      ready: isReady(ready, read, gateway.service),
      attached: new Map(gateway.listeners.map(({ name }) => [name, read.bucket(byListener, `${key}|${name}`).size])),
    });
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
