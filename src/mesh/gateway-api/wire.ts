/**
 * The Gateway API: classes, Gateways, routes and ReferenceGrants as rows of the engine. Gateways contribute servers and
 * hosts to gateway workloads (../gateways.ts), routes with a Service as parent become routes of the mesh's clients, and
 * every object gets a row that says what its status is to be. Nothing here writes anything.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { grpcRouteKind } from "../../kinds/gateway-api/grpc-route.ts";
import { httpRouteKind } from "../../kinds/gateway-api/http-route.ts";
import { tcpRouteKind } from "../../kinds/gateway-api/tcp-route.ts";
import { tlsRouteKind } from "../../kinds/gateway-api/tls-route.ts";
import type { GatewayContributions } from "../gateways.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshCore } from "../mesh.ts";
import type { StatusRow } from "../status-row.ts";
import { type BackendTls, wireBackendTls } from "./backend-tls.ts";
import { type GatewayClassStatus, gatewayClassStatus } from "./gateway-class-status.ts";
import type { GatewayStatus } from "./gateway-status.ts";
import { CONTROLLER_NAME, type GatewayRow, wireGateways } from "./gateways.ts";
import { wireGrants } from "./grants.ts";
import { resolveGrpcRoute } from "./grpc-rules.ts";
import { wireHosts } from "./hosts.ts";
import { resolveHttpRoute } from "./http-rules.ts";
import type { ListenerSetStatus } from "./listener-set-status.ts";
import { wireListenerSets } from "./listener-sets.ts";
import { type MeshRoutes, wireMeshRoutes } from "./mesh-routes.ts";
import { wireMisdirected } from "./misdirected.ts";
import { wireParentStatuses } from "./parent-statuses.ts";
import { type PolicyStatus, wirePolicyStatuses } from "./policy-status.ts";
import type { RouteStatus } from "./route-status.ts";
import { type RouteSources, wireRoutes } from "./routes.ts";
import { wireServers } from "./servers.ts";
import { resolveStreamRoute, wireStreamRoutes } from "./stream-routes.ts";

export interface GatewayApi extends GatewayContributions {
  /** By kind of route; key: meshRoutesKey. */
  meshRoutes: readonly Collection<MeshRoutes>[];
  /** Key `namespace/name`: Gateways of our classes. */
  gatewayRows: Collection<GatewayRow>;
  /** What each object's status is to say, by kind. */
  statuses: {
    gatewayClasses: Collection<StatusRow<GatewayClassStatus>>;
    gateways: Collection<StatusRow<GatewayStatus>>;
    listenerSets: Collection<StatusRow<ListenerSetStatus>>;
    routes: readonly Collection<StatusRow<RouteStatus>>[];
    policies: Collection<StatusRow<PolicyStatus>>;
  };
  backendTls: BackendTls;
}

export function wireGatewayApi(
  graph: Graph,
  inputs: MeshInputs,
  { workloads, settings, credentials }: Pick<MeshCore, "workloads" | "settings" | "credentials">,
): GatewayApi {
  const grants = wireGrants(graph, inputs.referenceGrants);
  const listenerSets = wireListenerSets(graph, inputs.listenerSets);
  const gateways = wireGateways(graph, { ...inputs, listenerSets, workloads, settings, credentials, grants });
  const sources: RouteSources = {
    ...inputs,
    gateways: gateways.rows,
    allGateways: gateways.parsed,
    listenerSets: listenerSets.rows,
    settings,
    grants,
  };
  const http = wireRoutes(graph, httpRouteKind, inputs.httpRoutes, sources, resolveHttpRoute);
  const grpc = wireRoutes(graph, grpcRouteKind, inputs.grpcRoutes, sources, resolveGrpcRoute);
  const tls = wireRoutes(graph, tlsRouteKind, inputs.tlsRoutes, sources, (route, context) =>
    resolveStreamRoute("TLSRoute", route, context),
  );
  const tcp = wireRoutes(graph, tcpRouteKind, inputs.tcpRoutes, sources, (route, context) =>
    resolveStreamRoute("TCPRoute", route, context),
  );
  const kinds = [http, grpc, tls, tcp];
  const rows = { gateways: gateways.rows };
  const backendTls = wireBackendTls(graph, {
    ...rows,
    backendTlsPolicies: inputs.backendTlsPolicies,
    credentials,
    grants,
  });
  return {
    servers: wireServers(graph, gateways.rows),
    hosts: [
      wireHosts(graph, "HTTPRoute", { ...rows, ...http }),
      wireHosts(graph, "GRPCRoute", { ...rows, ...grpc }),
      wireMisdirected(graph, gateways.rows),
    ],
    tcpRoutes: [
      wireStreamRoutes(graph, "TLSRoute", { ...rows, ...tls }),
      wireStreamRoutes(graph, "TCPRoute", { ...rows, ...tcp }),
    ],
    meshRoutes: [wireMeshRoutes(graph, "HTTPRoute", http), wireMeshRoutes(graph, "GRPCRoute", grpc)],
    gatewayRows: gateways.rows,
    backendTls,
    statuses: {
      gatewayClasses: graph.derive("gateway class statuses", inputs.gatewayClasses, (_key, { metadata, spec }) =>
        member(spec, "controllerName") === CONTROLLER_NAME
          ? gatewayClassStatus(metadata.name, metadata.generation ?? 0, member(spec, "parametersRef") !== undefined)
          : undefined,
      ),
      ...wireParentStatuses(graph, {
        inputs,
        gateways,
        listenerSets,
        settings,
        parents: kinds.map((each) => each.parents),
      }),
      routes: kinds.map((each) => each.statuses),
      policies: wirePolicyStatuses(graph, kinds, backendTls),
    },
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
