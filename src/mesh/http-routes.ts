/** A VirtualService's HTTP rules as one client sees them on one port. */
import type { HttpMatchSpec, HttpRouteSpec } from "../kinds/istio/virtual-service-schema.ts";
import { headerOperations } from "./header-operations.ts";
import { type DefaultPort, httpAction, milliseconds, mirrorsOf, retriesOf, rewriteOf } from "./http-action.ts";
import { corsOf, faultOf } from "./http-policies.ts";
import type { HttpMatch, HttpRoute } from "./model.ts";
import { type Client, clientMatches } from "./selectors.ts";
import { claimMatches, condition, headerMatches, namedMatches } from "./string-match.ts";
import type { VirtualServiceRow } from "./virtual-services.ts";

/** From where a rule is looked at. */
export interface Viewpoint {
  client: Client;
  /** The port that the client asked for; on a gateway the server's. */
  port: number;
  /** `mesh` for sidecars, else the gateway `namespace/name`. */
  gateway: string;
  defaultPort: DefaultPort;
}

/** Empty when none of the rules concerns the client: then it is as if there were no VirtualService. */
export function httpRoutesOf(row: VirtualServiceRow, view: Viewpoint): HttpRoute[] {
  const routes: HttpRoute[] = [];
  for (const rule of row.http) {
    const matches = rule.match ?? [];
    const narrowed = matches.filter((match) => concerns(match, view));
    if (matches.length > 0 && narrowed.length === 0) continue;
    routes.push(...routesOfRule(row, rule, narrowed, view));
    // What follows a rule for all requests can never be reached.
    if (routes.at(-1)?.matches.length === 0) break;
  }
  return routes;
}

/** Whether a match is for this port, and this client or gateway. */
export function concerns(
  match: Pick<HttpMatchSpec, "port" | "gateways" | "sourceLabels" | "sourceNamespace">,
  view: Pick<Viewpoint, "client" | "port" | "gateway">,
): boolean {
  if (match.port && match.port !== view.port) return false;
  if (match.gateways?.length) return match.gateways.includes(view.gateway);
  if (match.sourceNamespace && match.sourceNamespace !== view.client.namespace) return false;
  return clientMatches(view.client, match.sourceLabels);
}

/** One route for all matches, but one for each where they are named or counted by themselves. */
function routesOfRule(
  row: VirtualServiceRow,
  rule: HttpRouteSpec,
  matches: HttpMatchSpec[],
  view: Viewpoint,
): HttpRoute[] {
  const apart = matches.some(({ name, statPrefix }) => name || statPrefix);
  const groups = apart ? matches.map((match) => [match]) : [matches];
  const routes: HttpRoute[] = [];
  for (const group of groups) {
    const conditions = group.map(httpMatch);
    const all = conditions.some(isEverything);
    const name = [rule.name, apart ? group[0]?.name : undefined].filter(Boolean).join(".");
    const statPrefix = apart ? group[0]?.statPrefix : undefined;
    routes.push({
      ...routeOf(row, rule, view),
      name,
      matches: all ? [] : conditions,
      ...(statPrefix && { statPrefix }),
    });
    if (all) break;
  }
  return routes;
}

function routeOf(row: VirtualServiceRow, rule: HttpRouteSpec, view: Viewpoint): HttpRoute {
  const rewrite = rewriteOf(rule);
  const timeoutMs = milliseconds(rule.timeout);
  const retries = retriesOf(rule.retries);
  const fault = faultOf(rule.fault);
  const cors = corsOf(rule.corsPolicy);
  const requestHeaders = headerOperations(rule.headers?.request);
  const responseHeaders = headerOperations(rule.headers?.response);
  return {
    name: rule.name ?? "",
    origin: row.origin,
    matches: [],
    action: httpAction(rule, view.defaultPort),
    ...(rewrite && { rewrite }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retries && { retries }),
    ...(fault && { fault }),
    mirrors: mirrorsOf(rule, view.defaultPort),
    ...(cors && { cors }),
    ...(requestHeaders && { requestHeaders }),
    ...(responseHeaders && { responseHeaders }),
  };
}

function httpMatch(spec: HttpMatchSpec): HttpMatch {
  const path = condition(spec.uri, spec.ignoreUriCase);
  const method = condition(spec.method);
  const scheme = condition(spec.scheme);
  const authority = condition(spec.authority);
  const claims = [...claimMatches(spec.headers), ...claimMatches(spec.withoutHeaders, true)];
  return {
    ...(path && { path }),
    ...(method && { method }),
    ...(scheme && { scheme }),
    ...(authority && { authority }),
    headers: [...headerMatches(spec.headers), ...headerMatches(spec.withoutHeaders, true)],
    queryParams: namedMatches(spec.queryParams),
    ...(claims.length > 0 && { claims }),
  };
}

function isEverything(match: HttpMatch): boolean {
  const { path, method, scheme, authority, headers, queryParams, claims } = match;
  const anyPath = path === undefined || (path.type === "Prefix" && path.value === "/");
  return anyPath && !method && !scheme && !authority && headers.length === 0 && queryParams.length === 0 && !claims;
}
