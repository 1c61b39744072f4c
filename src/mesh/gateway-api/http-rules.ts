/** The rules of one HTTPRoute or GRPCRoute as routes of the model: one for each match, since matches of all routes are
 * ordered. */
import type { HttpFilter } from "../../kinds/gateway-api/http-filters.ts";
import type { HttpBackendRef, HttpRouteSpec } from "../../kinds/gateway-api/http-route.ts";
import type { HttpAction, HttpMatch, HttpRoute, Mirror, ObjectRef } from "../model.ts";
import { type BackendContext, resolveBackend } from "./backends.ts";
import type { Fault } from "./conditions.ts";
import { type Findings, forward, serverError } from "./http-backends.ts";
import { corsPolicy, headerOperations, mirrorPercent, pathRewrite, redirect } from "./http-filters.ts";
import { httpMatch } from "./http-matches.ts";
import { timing } from "./http-timing.ts";
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
