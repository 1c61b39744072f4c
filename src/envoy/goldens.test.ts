import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { RouteSchema } from "#envoy/config/route/v3/route_components_pb.js";
import type { Destination, HttpRoute, LoadBalancer } from "../mesh/model.ts";
import { type InboundClusterParams, inboundCluster, type OutboundClusterParams, outboundCluster } from "./clusters.ts";
import { type LoadAssignmentParams, loadAssignment } from "./endpoints.ts";
import { json } from "./json.ts";
import { type GatewayListenerParams, gatewayListener } from "./listeners/gateway.ts";
import { type InboundParams, virtualInboundListener } from "./listeners/inbound.ts";
import {
  type OutboundParams,
  type OutboundPortParams,
  type OutboundTcpParams,
  outboundPortListener,
  outboundTcpListener,
  virtualOutboundListener,
} from "./listeners/outbound.ts";
import { httpRoutes } from "./routes.ts";
import { goldenTests } from "./testing/golden.ts";
import { NO_MESH } from "./testing/no-mesh.ts";

interface RoutesInput {
  routes: HttpRoute[];
  port: number;
  tls: boolean;
  /** By host. */
  loadBalancers?: Record<string, LoadBalancer>;
}

goldenTests("routes", (text) => {
  const { routes, loadBalancers = {}, ...listened }: RoutesInput = JSON.parse(text);
  const loadBalancerOf = ({ host }: Destination) => loadBalancers[host];
  return httpRoutes(routes, { ...listened, defaultRetries: 2, loadBalancerOf }).map((route) =>
    json(RouteSchema, route),
  );
});

goldenTests("clusters", (text) => {
  const all: OutboundClusterParams[] = JSON.parse(text);
  return all.map((params) => json(ClusterSchema, outboundCluster({ ...params, mesh: { ...NO_MESH, ...params.mesh } })));
});

goldenTests("inbound-clusters", (text) => {
  const all: InboundClusterParams[] = JSON.parse(text);
  return all.map((params) => json(ClusterSchema, inboundCluster(params)));
});

goldenTests("endpoints", (text) => {
  const all: LoadAssignmentParams[] = JSON.parse(text);
  return all.map((params) => json(ClusterLoadAssignmentSchema, loadAssignment(params)));
});

type ListenerInput =
  | ({ listener: "virtualOutbound" } & OutboundParams)
  | ({ listener: "outboundPort" } & OutboundPortParams)
  | ({ listener: "outboundTcp" } & OutboundTcpParams)
  | ({ listener: "virtualInbound" } & InboundParams)
  | ({ listener: "gateway" } & GatewayListenerParams);

goldenTests("listeners", (text) => {
  const all: ListenerInput[] = JSON.parse(text);
  return all.map((input) => {
    const listener = build(input);
    return listener ? json(ListenerSchema, listener) : null;
  });
});

function build(input: ListenerInput) {
  switch (input.listener) {
    case "virtualOutbound":
      return virtualOutboundListener(input);
    case "outboundPort":
      return outboundPortListener(input);
    case "outboundTcp":
      return outboundTcpListener(input);
    case "virtualInbound":
      return virtualInboundListener(input);
    case "gateway":
      return gatewayListener({ ...input, mesh: NO_MESH });
  }
}
