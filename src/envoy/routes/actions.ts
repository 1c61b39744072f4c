import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type RouteAction_RequestMirrorPolicySchema as MirrorSchema,
  RouteAction_ClusterNotFoundResponseCode as NotFound,
  type RouteActionSchema,
  WeightedCluster_ClusterWeightSchema as WeightSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import type { Destination, HttpRoute, LoadBalancer, Mirror, PathMatch } from "../../mesh/model.ts";
import { milliseconds, noTimeout } from "../durations.ts";
import { outboundClusterName } from "../names.ts";
import { fraction } from "../percent.ts";
import { hashPolicy } from "./hash-policies.ts";
import { authorityOf, type HeaderValues, headerFields } from "./headers.ts";
import { defaultRetries, retryPolicy } from "./retries.ts";
import { pathRewrite } from "./rewrites.ts";

export interface Forwarding {
  /** How the cluster of a destination balances: where it hashes, the route must say what. */
  loadBalancerOf(destination: Destination): LoadBalancer | undefined;
  /** Attempts after the first, where a route says nothing. */
  defaultRetries: number;
}

type ActionInit = MessageInitShape<typeof RouteActionSchema>;

/** The action for destinations of which at least one has a weight. */
export function forwardAction(
  route: HttpRoute,
  destinations: readonly [Destination, ...Destination[]],
  match: PathMatch | undefined,
  context: Forwarding,
  values: HeaderValues,
): ActionInit {
  const hashes = destinations
    .map((each) => hashPolicy(context.loadBalancerOf(each)))
    .filter((each) => each !== undefined);
  const retries = retryPolicy(route.retries ?? defaultRetries(context.defaultRetries), hashes.length > 0);
  const authority = route.rewrite?.authority ?? authorityOf(route.requestHeaders) ?? soleAuthority(destinations);
  const rewrite = route.rewrite?.path && pathRewrite(route.rewrite.path, match);
  return {
    clusterSpecifier: clusterSpecifier(destinations, values),
    ...(values === "Literal" && { clusterNotFoundResponseCode: NotFound.INTERNAL_SERVER_ERROR }),
    ...(rewrite?.type === "Prefix" && { prefixRewrite: rewrite.value }),
    ...(rewrite?.type === "Regex" && { regexRewrite: rewrite.value }),
    ...(authority && { hostRewriteSpecifier: { case: "hostRewriteLiteral", value: authority } }),
    // takes off the listener's limit for requests that wait for a route
    idleTimeout: noTimeout(),
    timeout: route.timeoutMs ? milliseconds(route.timeoutMs) : noTimeout(),
    // no maxStreamDuration beside it, also not for the grpc-timeout header: where it stands, Envoy ignores `timeout`
    ...(retries && { retryPolicy: retries }),
    requestMirrorPolicies: route.mirrors.filter((mirror) => mirror.percent > 0).map(mirrorPolicy),
    hashPolicy: hashes,
  };
}

/** The header operations of a lone destination belong to the route: there is no weighted cluster to hold them. */
export function soleDestination(route: HttpRoute): Destination | undefined {
  if (route.action.type !== "Forward") return undefined;
  const weighted = weightedOf(route.action.destinations);
  return weighted.length === 1 ? weighted[0] : undefined;
}

/** Those that get traffic. A lone one needs no weight. */
export function weightedOf(destinations: readonly Destination[]): readonly Destination[] {
  return destinations.length === 1 ? destinations : destinations.filter((each) => each.weight > 0);
}

function soleAuthority(destinations: readonly [Destination, ...Destination[]]): string | undefined {
  const [first, ...others] = destinations;
  return others.length === 0 ? authorityFor(first) : undefined;
}

function authorityFor(destination: Destination): string | undefined {
  return destination.hostRewrite ?? authorityOf(destination.requestHeaders);
}

function clusterSpecifier(
  destinations: readonly [Destination, ...Destination[]],
  values: HeaderValues,
): ActionInit["clusterSpecifier"] & {} {
  const [first, ...others] = destinations;
  if (others.length === 0) return { case: "cluster", value: outboundClusterName(first) };
  const clusters = destinations.map((each) => {
    const authority = authorityFor(each);
    return create(WeightSchema, {
      name: outboundClusterName(each),
      weight: each.weight,
      ...headerFields(each.requestHeaders, each.responseHeaders, values),
      ...(authority && { hostRewriteSpecifier: { case: "hostRewriteLiteral", value: authority } }),
    });
  });
  return { case: "weightedClusters", value: { clusters } };
}

function mirrorPolicy({ destination, percent }: Mirror): MessageInitShape<typeof MirrorSchema> {
  return {
    cluster: outboundClusterName(destination),
    runtimeFraction: { defaultValue: fraction(percent) },
    traceSampled: false,
  };
}
