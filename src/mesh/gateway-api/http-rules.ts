/** The rules of one HTTPRoute or GRPCRoute as routes of the model: one for each match, since matches of all routes are
 * ordered. */
import { parseDuration } from "../../kinds/gateway-api/duration.ts";
import type { HttpFilter } from "../../kinds/gateway-api/http-filters.ts";
import type { HttpBackendRef, HttpRouteRule, HttpRouteSpec } from "../../kinds/gateway-api/http-route.ts";
import type { Destination, HttpAction, HttpMatch, HttpRoute, Mirror, ObjectRef, Retries } from "../model.ts";
import { type BackendContext, INVALID_BACKEND_HOST, resolveBackend } from "./backends.ts";
import type { Fault } from "./conditions.ts";
import { corsPolicy, headerOperations, mirrorPercent, pathRewrite, redirect } from "./http-filters.ts";
import { httpMatch } from "./http-matches.ts";
import { GROUP, type Parsed } from "./objects.ts";
import type { RouteFaults } from "./route-status.ts";

export interface ResolvedRoute extends RouteFaults {
  namespace: string;
  name: string;
  createdAt: number;
  /** In the order of rules and matches. */
  routes: readonly HttpRoute[];
  /** Indexes of those that name no backend: for clients of a Service, they go to that Service. */
  withoutBackend: readonly number[];
  /** Services that it sends to, `namespace/name`. */
  backends: readonly string[];
}

/** A rule of either kind, with its matches in the model's terms. */
export interface RouteRule {
  name?: string;
  matches: readonly HttpMatch[];
  filters?: readonly HttpFilter[];
  backendRefs?: readonly HttpBackendRef[];
  timing: Pick<HttpRoute, "timeoutMs" | "retries">;
}

type Lookups = Omit<BackendContext, "from">;

export function resolveHttpRoute(route: Parsed<HttpRouteSpec>, context: Lookups): ResolvedRoute {
  const rules = (route.spec.rules ?? []).map((rule): RouteRule => {
    // The schema's default has one match; a list that was written empty matches everything too.
    const matches = rule.matches?.length ? rule.matches : [{}];
    const { timeouts: _timeouts, retry: _retry, ...rest } = rule;
    return { ...rest, matches: matches.map(httpMatch), timing: timing(rule) };
  });
  return resolveRules("HTTPRoute", route, rules, context);
}

export function resolveRules(
  kind: string,
  { namespace, name, createdAt }: Pick<Parsed<object>, "namespace" | "name" | "createdAt">,
  rules: readonly RouteRule[],
  context: Lookups,
): ResolvedRoute {
  const found: Findings = { refs: [], values: [], services: new Set() };
  const backends: BackendContext = { ...context, from: { group: GROUP, kind, namespace } };
  const origin: ObjectRef = { kind: `${GROUP}/${kind}`, namespace, name };
  const made = rules.flatMap((rule, i) => {
    const answered = rule.backendRefs?.length || rule.filters?.some((filter) => ANSWERS.has(filter.type));
    return ruleRoutes(origin, rule, i, backends, found).map((each) => ({ route: each, answered: Boolean(answered) }));
  });
  return {
    namespace,
    name,
    createdAt,
    routes: made.map((each) => each.route),
    withoutBackend: made.flatMap(({ answered }, i) => (answered ? [] : [i])),
    backends: [...found.services].sort(),
    ...merged("refFault", found.refs),
    ...merged("valueFault", found.values),
  };
}

/** Filters after which a request goes nowhere, or must not. */
const ANSWERS: ReadonlySet<string> = new Set(["RequestRedirect", "ExtensionRef"]);

/** What comes up on the way. */
interface Findings {
  refs: Fault[];
  values: Fault[];
  services: Set<string>;
}

/** A condition has one reason, the first one's; its message tells them all. */
function merged<N extends string>(name: N, faults: readonly Fault[]): { [K in N]?: Fault } | object {
  const [first] = faults;
  if (!first) return {};
  const messages = new Set(faults.map(({ message }) => message));
  return { [name]: { reason: first.reason, message: [...messages].join("; ") } };
}

function ruleRoutes(
  origin: ObjectRef,
  rule: RouteRule,
  position: number,
  context: BackendContext,
  found: Findings,
): HttpRoute[] {
  const at = `spec.rules[${position}]`;
  const filtered = applyFilters(rule.filters ?? [], at, context, found);
  const base: Omit<HttpRoute, "matches" | "action"> = {
    name: rule.name ?? `${origin.namespace}.${origin.name}.${position}`,
    origin,
    mirrors: filtered.mirrors,
    ...filtered.fields,
    ...rule.timing,
  };
  const actions = filtered.broken
    ? [{ action: serverError }]
    : filtered.action
      ? [{ action: filtered.action }]
      : forward(rule.backendRefs ?? [], at, context, found);
  return rule.matches.flatMap((match) => actions.map((each) => ({ ...base, ...each, matches: [match] })));
}

const serverError: HttpAction = { type: "DirectResponse", response: { status: 500 } };

interface Filtered {
  fields: Pick<HttpRoute, "requestHeaders" | "responseHeaders" | "rewrite" | "cors">;
  mirrors: Mirror[];
  action?: HttpAction;
  /** A filter must not be skipped: a rule with one that is not served answers 500. */
  broken: boolean;
}

function applyFilters(filters: readonly HttpFilter[], at: string, context: BackendContext, found: Findings): Filtered {
  const out: Filtered = { fields: {}, mirrors: [], broken: false };
  filters.forEach((filter, i) => {
    if (filter.requestHeaderModifier) out.fields.requestHeaders = headerOperations(filter.requestHeaderModifier);
    if (filter.responseHeaderModifier) out.fields.responseHeaders = headerOperations(filter.responseHeaderModifier);
    if (filter.requestRedirect) out.action = { type: "Redirect", redirect: redirect(filter.requestRedirect) };
    if (filter.cors) out.fields.cors = corsPolicy(filter.cors);
    if (filter.urlRewrite) {
      const { hostname, path } = filter.urlRewrite;
      out.fields.rewrite = {
        ...(hostname === undefined ? {} : { authority: hostname }),
        ...(path === undefined ? {} : { path: pathRewrite(path) }),
      };
    }
    if (filter.requestMirror) {
      const { destination, fault } = resolveBackend(filter.requestMirror.backendRef, context);
      // A copy that cannot be sent takes nothing from the request itself.
      if (fault) found.refs.push(fault);
      else
        out.mirrors.push({ destination: { ...destination, weight: 1 }, percent: mirrorPercent(filter.requestMirror) });
    }
    if (filter.type === "ExtensionRef") {
      out.broken = true;
      const { kind = "", name = "" } = filter.extensionRef ?? {};
      found.refs.push({
        reason: "InvalidKind",
        message: `${at}.filters[${i}]: extensionRef ${kind} ${name} is of a kind that is not served`,
      });
    }
  });
  return out;
}

/** The share of requests that is for backends which cannot be reached is answered before the others are forwarded. */
function forward(
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

/** What Istio retries on when a rule says nothing about it. */
const DEFAULT_ATTEMPTS = 2;
const ON_CONNECTION_ERRORS = ["connect-failure", "refused-stream", "unavailable", "cancelled"];

function timing({ timeouts, retry }: HttpRouteRule): Pick<HttpRoute, "timeoutMs" | "retries"> {
  const request = timeouts?.request === undefined ? undefined : parseDuration(timeouts.request);
  const backend = timeouts?.backendRequest === undefined ? 0 : parseDuration(timeouts.backendRequest);
  const perTry = backend > 0 ? { perTryTimeoutMs: backend } : {};
  const timeout = request === undefined ? {} : { timeoutMs: request };
  if (!retry) {
    if (backend === 0) return timeout;
    return { ...timeout, retries: { attempts: DEFAULT_ATTEMPTS, on: [], retriableStatusCodes: [], ...perTry } };
  }
  const codes = retry.codes ?? [];
  const retries: Retries = {
    attempts: retry.attempts ?? DEFAULT_ATTEMPTS,
    on: codes.length > 0 ? [...ON_CONNECTION_ERRORS, "retriable-status-codes"] : ON_CONNECTION_ERRORS,
    retriableStatusCodes: codes,
    ...(retry.backoff === undefined ? {} : { backoffMs: parseDuration(retry.backoff) }),
    ...perTry,
  };
  return { ...timeout, retries };
}
