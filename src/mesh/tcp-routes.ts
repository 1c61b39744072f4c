/** A VirtualService's TCP and TLS rules as one client sees them on one port. */
import type { RouteDestinationSpec } from "../kinds/istio/virtual-service-schema.ts";
import type { GatewayServer } from "./gateway-model.ts";
import { type DefaultPort, destinationsOf } from "./http-action.ts";
import { concerns, type Viewpoint } from "./http-routes.ts";
import type { Service, TcpRoute } from "./model.ts";
import type { VirtualServiceRow } from "./virtual-services.ts";

/** TLS rules first: they look closer. */
export function tcpRoutesOf(row: VirtualServiceRow, view: Viewpoint): TcpRoute[] {
  return [...tlsRules(row, view), ...tcpRules(row, view)];
}

function tlsRules(row: VirtualServiceRow, view: Viewpoint): TcpRoute[] {
  return row.tls.flatMap((rule) =>
    rule.match
      .filter((match) => concerns(match, view))
      .map((match) => route(row, rule.route, view.defaultPort, match.sniHosts, match.destinationSubnets)),
  );
}

function tcpRules(row: VirtualServiceRow, view: Viewpoint): TcpRoute[] {
  return row.tcp.flatMap((rule) => {
    if (!rule.match?.length) return [route(row, rule.route, view.defaultPort, [], [])];
    return rule.match
      .filter((match) => concerns(match, view))
      .map((match) => route(row, rule.route, view.defaultPort, [], match.destinationSubnets));
  });
}

function route(
  row: VirtualServiceRow,
  destinations: readonly RouteDestinationSpec[] | undefined,
  defaultPort: DefaultPort,
  sniHosts: readonly string[],
  subnets: readonly string[] | undefined,
): TcpRoute {
  return {
    name: `${row.origin.name}.${row.origin.namespace}`,
    origin: row.origin,
    sniHosts,
    destinationSubnets: subnets ?? [],
    destinations: destinationsOf(destinations ?? [], defaultPort),
  };
}

export function defaultTcpRoute(service: Service, port: number): TcpRoute {
  return {
    name: "default",
    origin: service.origin,
    sniHosts: [],
    destinationSubnets: [],
    destinations: [{ host: service.host, port, subset: "", weight: 1 }],
  };
}

/** On a gateway: by the name of the ClientHello where TLS is passed through, else whatever comes to the port. */
export function gatewayTcpRoutes(row: VirtualServiceRow, view: Viewpoint, server: GatewayServer): TcpRoute[] {
  return server.tls?.mode === "Passthrough" ? tlsRules(row, view) : tcpRules(row, view);
}
