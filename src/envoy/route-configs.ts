import { create } from "@bufbuild/protobuf";
import { RouteSchema, type VirtualHost } from "#envoy/config/route/v3/route_components_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import type { Protocol } from "../mesh/model.ts";
import { ads } from "./config-sources.ts";
import { noTimeout, seconds } from "./durations.ts";
import { inboundClusterName } from "./names.ts";
import { inboundRetryPolicy } from "./routes/retries.ts";

/** Istio's bound for the bodies of direct responses. */
const MAX_DIRECT_RESPONSE_BODY = 1024 * 1024;

/** How long a listener waits for the first virtual hosts of its route configuration. */
const FIRST_VIRTUAL_HOSTS_S = 1;

interface Common {
  name: string;
}

/**
 * What a sidecar serves on one port, `9080`: virtual hosts come by VHDS, pushed or when first asked for, as
 * `9080/reviews:9080`. There is no `*` here: that would keep Envoy from asking.
 */
export function lazyRouteConfiguration({ name }: Common): RouteConfiguration {
  return create(RouteConfigurationSchema, { ...common(name), vhds: { configSource: firstVirtualHosts() } });
}

/** The same with everything pushed: what no other virtual host claims is for `rest`, whose domain is `*`. */
export function eagerRouteConfiguration({ name, rest }: Common & { rest: VirtualHost }): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    ...common(name),
    virtualHosts: [rest],
    vhds: { configSource: firstVirtualHosts() },
    // clients write the port into the host or not: virtual hosts here name it without
    ignorePortInHostMatching: true,
  });
}

/** What a gateway serves on one port, `http.8080`: exactly what its routes name, pushed by VHDS. */
export function gatewayRouteConfiguration({ name, rest }: Common & { rest: VirtualHost }): RouteConfiguration {
  return eagerRouteConfiguration({ name, rest });
}

/** All in one resource, for who cannot do VHDS. */
export function staticRouteConfiguration(
  params: Common & { virtualHosts: readonly VirtualHost[] },
): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    ...common(params.name),
    virtualHosts: [...params.virtualHosts],
    ignorePortInHostMatching: true,
  });
}

export interface InboundRoutes {
  /** Of the application. */
  port: number;
  protocol: Protocol;
  /** What traces call it: `reviews.default.svc.cluster.local:9080/*`. */
  operation: string;
}

/** The one route from a sidecar to its application. */
export function inboundRouteConfiguration({ port, protocol, operation }: InboundRoutes): RouteConfiguration {
  const cluster = inboundClusterName(port);
  const route = create(RouteSchema, {
    name: "default",
    match: { pathSpecifier: { case: "prefix", value: "/" } },
    decorator: { operation },
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: cluster },
        timeout: noTimeout(),
        maxStreamDuration: { maxStreamDuration: noTimeout(), grpcTimeoutHeaderMax: noTimeout() },
        // a stream of gRPC resets before a request for reasons of its own
        ...(protocol !== "GRPC" && { retryPolicy: inboundRetryPolicy(2) }),
      },
    },
  });
  return create(RouteConfigurationSchema, {
    name: cluster,
    virtualHosts: [{ name: `inbound|http|${port}`, domains: ["*"], routes: [route] }],
    validateClusters: false,
  });
}

function firstVirtualHosts() {
  return ads(seconds(FIRST_VIRTUAL_HOSTS_S));
}

function common(name: string) {
  // clusters may come after the routes that name them, or only when asked for
  return { name, validateClusters: false, maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BODY };
}
