/** The routes from a sidecar to its application. */
import { create } from "@bufbuild/protobuf";
import {
  type RetryPolicy,
  RetryPolicySchema,
  type Route,
  RouteMatchSchema,
  RouteSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import type { Protocol } from "../../mesh/model.ts";
import { milliseconds, noTimeout } from "../durations.ts";
import { inboundClusterName, LEAVING } from "../names.ts";
import { fraction } from "../percent.ts";
import { UNDELIVERED } from "../undelivered.ts";

export interface InboundRoutes {
  /** Of the application. */
  port: number;
  protocol: Protocol;
  /** What traces call it: `reviews.default.svc.cluster.local:9080/*`. */
  operation: string;
}

/**
 * An application that does not listen is waited for: a pod may count as ready before its application is, and one that
 * crashed is soon back. When its pod is told to end, it is not: the client must know at once, to go elsewhere.
 */
export function inboundRouteConfiguration(params: InboundRoutes): RouteConfiguration {
  const cluster = inboundClusterName(params.port);
  return create(RouteConfigurationSchema, {
    name: cluster,
    virtualHosts: [
      {
        name: `inbound|http|${params.port}`,
        domains: ["*"],
        routes: [route(params, "Leaving"), route(params, "Staying")],
      },
    ],
    validateClusters: false,
    // an application that says so itself does not say it of this request
    responseHeadersToRemove: [UNDELIVERED],
  });
}

function route({ port, protocol, operation }: InboundRoutes, when: "Leaving" | "Staying"): Route {
  return create(RouteSchema, {
    name: when === "Staying" ? "default" : "leaving",
    match: create(RouteMatchSchema, {
      pathSpecifier: { case: "prefix", value: "/" },
      ...(when === "Leaving" && { runtimeFraction: { runtimeKey: LEAVING, defaultValue: fraction(0) } }),
    }),
    decorator: { operation },
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: inboundClusterName(port) },
        timeout: noTimeout(),
        maxStreamDuration: { maxStreamDuration: noTimeout(), grpcTimeoutHeaderMax: noTimeout() },
        retryPolicy: retryPolicy(protocol, when),
      },
    },
  });
}

/** There is one host, so nothing to choose: it is tried again until it takes connections. In all about three seconds. */
const WAIT = { attempts: 14, firstMs: 50, mostMs: 500 };

function retryPolicy(protocol: Protocol, when: "Leaving" | "Staying"): RetryPolicy {
  return create(RetryPolicySchema, {
    // Also a request on a connection that the application closed just then, while it was idle. A stream of gRPC resets
    // before a request for reasons of its own.
    retryOn: protocol === "GRPC" ? "connect-failure" : "reset-before-request",
    numRetries: when === "Leaving" ? 1 : WAIT.attempts,
    ...(when === "Staying" && {
      retryBackOff: { baseInterval: milliseconds(WAIT.firstMs), maxInterval: milliseconds(WAIT.mostMs) },
    }),
  });
}
