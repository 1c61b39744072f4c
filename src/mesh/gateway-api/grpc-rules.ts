/** The rules of one GRPCRoute: gRPC calls are HTTP requests to `/service/method`. */
import type { GrpcRouteMatch, GrpcRouteSpec } from "../../kinds/gateway-api/grpc-route.ts";
import type { HttpMatch, PathMatch } from "../model.ts";
import type { BackendContext } from "./backends.ts";
import { namedMatches } from "./http-matches.ts";
import { type ResolvedRoute, type RouteRule, resolveRules } from "./http-rules.ts";
import type { Parsed } from "./objects.ts";

export function resolveGrpcRoute(route: Parsed<GrpcRouteSpec>, context: Omit<BackendContext, "from">): ResolvedRoute {
  const rules = (route.spec.rules ?? []).map(({ matches = [], ...rule }): RouteRule => {
    const all = matches.length > 0 ? matches : [{}];
    return { ...rule, matches: all.map(grpcMatch), timing: {} };
  });
  return resolveRules("GRPCRoute", route, rules, context);
}

function grpcMatch({ method, headers = [] }: GrpcRouteMatch): HttpMatch {
  return { path: methodPath(method), headers: namedMatches(headers, (name) => name.toLowerCase()), queryParams: [] };
}

function methodPath(match: GrpcRouteMatch["method"]): PathMatch {
  const { type = "Exact", service, method } = match ?? {};
  if (service === undefined && method === undefined) return { type: "PathPrefix", value: "/" };
  if (type === "Exact" && service !== undefined) {
    return method === undefined
      ? { type: "Prefix", value: `/${service}/` }
      : { type: "Exact", value: `/${service}/${method}` };
  }
  const quoted = (name: string): string => (type === "Exact" ? name.replaceAll(".", "\\.") : name);
  const part = (name: string | undefined): string => (name === undefined ? "[^/]+" : quoted(name));
  return { type: "Regex", value: `/${part(service)}/${part(method)}` };
}
