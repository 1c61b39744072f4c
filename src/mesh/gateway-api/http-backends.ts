/** Where a rule of a route sends requests, by weight, and what becomes of those that cannot be sent. */
import type { HttpFilter } from "../../kinds/gateway-api/http-filters.ts";
import type { HttpBackendRef } from "../../kinds/gateway-api/http-route.ts";
import type { Destination, HttpAction, HttpRoute } from "../model.ts";
import { type BackendContext, INVALID_BACKEND_HOST, resolveBackend } from "./backends.ts";
import type { Fault } from "./conditions.ts";
import { headerOperations } from "./http-filters.ts";

/** What comes up while rules are resolved. */
export interface Findings {
  refs: Fault[];
  values: Fault[];
  services: Set<string>;
}

export const serverError: HttpAction = { type: "DirectResponse", response: { status: 500 } };

/** The share of requests that is for backends which cannot be reached is answered before the others are forwarded. */
export function forward(
  refs: readonly HttpBackendRef[],
  at: string,
  context: BackendContext,
  found: Findings,
): Pick<HttpRoute, "action" | "percent">[] {
  const destinations = refs.map((ref, i): Destination => {
    const { destination, service, fault } = resolveBackend(ref, context);
    if (fault) found.refs.push(fault);
    if (service !== undefined) found.services.add(service);
    const filters = backendFilters(ref.filters ?? [], `${at}.backendRefs[${i}]`, found);
    const target = filters.broken ? { host: INVALID_BACKEND_HOST, port: 0, subset: "" } : destination;
    return { ...target, weight: ref.weight ?? 1, ...filters.fields };
  });
  const reachable = destinations.filter(({ host, weight }) => weight > 0 && host !== INVALID_BACKEND_HOST);
  if (reachable.length === 0) return [{ action: serverError }];
  const all = weightOf(destinations);
  const lost = all - weightOf(reachable);
  const forwarded: HttpAction = { type: "Forward", destinations: lost === 0 ? destinations : reachable };
  if (lost === 0) return [{ action: forwarded }];
  return [{ action: serverError, percent: (100 * lost) / all }, { action: forwarded }];
}

function weightOf(destinations: readonly Destination[]): number {
  return destinations.reduce((sum, { weight }) => sum + weight, 0);
}

/** Of the filters on one backend, those that change headers and the host name are served. */
function backendFilters(filters: readonly HttpFilter[], at: string, found: Findings) {
  const fields: Pick<Destination, "requestHeaders" | "responseHeaders" | "hostRewrite"> = {};
  let broken = false;
  filters.forEach((filter, i) => {
    if (filter.requestHeaderModifier) fields.requestHeaders = headerOperations(filter.requestHeaderModifier);
    else if (filter.responseHeaderModifier) fields.responseHeaders = headerOperations(filter.responseHeaderModifier);
    else if (filter.urlRewrite?.hostname !== undefined && filter.urlRewrite.path === undefined) {
      fields.hostRewrite = filter.urlRewrite.hostname;
    } else {
      broken = true;
      found.values.push({
        reason: "UnsupportedValue",
        message: `${at}.filters[${i}]: ${filter.type} is not served on a single backend: move it to the rule's filters`,
      });
    }
  });
  return { fields, broken };
}
