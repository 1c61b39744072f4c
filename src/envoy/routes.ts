import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { type Route, RouteSchema } from "#envoy/config/route/v3/route_components_pb.js";
import type { HttpMatch, HttpRoute } from "../mesh/model.ts";
import * as filters from "./http-filters/names.ts";
import { originMetadata } from "./metadata.ts";
import { outboundClusterName } from "./names.ts";
import { type Forwarding, forwardAction, soleDestination, weightedOf } from "./routes/actions.ts";
import { corsConfig } from "./routes/cors.ts";
import { faultConfig } from "./routes/faults.ts";
import { type HeaderValues, headerFields } from "./routes/headers.ts";
import { routeMatch } from "./routes/matches.ts";
import { type Listened, portedRedirect, redirectAction } from "./routes/redirects.ts";

/** What routes depend on besides themselves. */
export interface RouteContext extends Forwarding, Listened {}

const ANYTHING: HttpMatch = { headers: [], queryParams: [] };

/** Envoy's routes in the order in which it tries them: one for each match of each route. */
export function httpRoutes(routes: readonly HttpRoute[], context: RouteContext): Route[] {
  return routes.flatMap((route) =>
    (route.matches.length === 0 ? [ANYTHING] : route.matches).flatMap((match) => [
      ...portedRedirect(route, match).map((ported) => httpRoute(ported.route, ported.match, context)),
      httpRoute(route, match, context),
    ]),
  );
}

/**
 * Clusters that must be pushed together with these routes: Envoy asks on demand for those that it forwards to, but
 * skips a mirror whose cluster it does not have.
 */
export function mirrorClusters(routes: readonly HttpRoute[]): string[] {
  return routes.flatMap(({ mirrors }) =>
    mirrors.filter(({ percent }) => percent > 0).map(({ destination }) => outboundClusterName(destination)),
  );
}

function httpRoute(route: HttpRoute, match: HttpMatch, context: RouteContext): Route {
  const values: HeaderValues = route.origin.kind.startsWith("gateway.networking.k8s.io/") ? "Literal" : "Formatted";
  const own = headerFields(route.requestHeaders, route.responseHeaders, values);
  const sole = soleDestination(route);
  const destination = headerFields(sole?.requestHeaders, sole?.responseHeaders, values);
  return create(RouteSchema, {
    name: route.name,
    match: routeMatch(match, route.percent),
    action: action(route, match, context, values),
    metadata: originMetadata(route.origin),
    decorator: { operation: operation(route, match, context.port) },
    typedPerFilterConfig: filterConfigs(route),
    // the destination's come last, so that what it sets wins over what the route adds
    requestHeadersToAdd: [...own.requestHeadersToAdd, ...destination.requestHeadersToAdd],
    requestHeadersToRemove: [...own.requestHeadersToRemove, ...destination.requestHeadersToRemove],
    responseHeadersToAdd: [...own.responseHeadersToAdd, ...destination.responseHeadersToAdd],
    responseHeadersToRemove: [...own.responseHeadersToRemove, ...destination.responseHeadersToRemove],
    statPrefix: route.statPrefix ?? "",
  });
}

type ActionInit = MessageInitShape<typeof RouteSchema>["action"] & {};

function action(route: HttpRoute, match: HttpMatch, context: RouteContext, values: HeaderValues): ActionInit {
  switch (route.action.type) {
    case "Redirect":
      return { case: "redirect", value: redirectAction(route.action.redirect, match.path, context) };
    case "DirectResponse": {
      const { status, body } = route.action.response;
      if (body === undefined) return { case: "directResponse", value: { status } };
      const specifier =
        typeof body === "string"
          ? ({ case: "inlineString", value: body } as const)
          : ({ case: "inlineBytes", value: body } as const);
      return { case: "directResponse", value: { status, body: { specifier } } };
    }
    case "Forward": {
      const [first, ...others] = weightedOf(route.action.destinations);
      // the Gateway API's answer for a rule without a valid backend
      if (!first) return { case: "directResponse", value: { status: 500 } };
      return { case: "route", value: forwardAction(route, [first, ...others], match.path, context, values) };
    }
  }
}

/** Keys in order: the bytes must not depend on what was looked at first. */
function filterConfigs({ cors, fault }: HttpRoute): Record<string, Any> {
  return { ...(cors && { [filters.CORS]: corsConfig(cors) }), ...(fault && { [filters.FAULT]: faultConfig(fault) }) };
}

/** What traces call this route: its destination (or, with several, the object that routes) and path. */
function operation(route: HttpRoute, match: HttpMatch, port: number): string {
  const path = match.path === undefined || match.path.type === "Present" ? "/*" : pathOf(match.path);
  const sole = soleDestination(route);
  return sole ? `${sole.host}:${sole.port}${path}` : `${route.origin.name}:${port}${path}`;
}

function pathOf(path: { type: "Exact" | "Prefix" | "Regex" | "PathPrefix"; value: string }): string {
  return path.type === "Prefix" || path.type === "PathPrefix" ? `${path.value}*` : path.value;
}
