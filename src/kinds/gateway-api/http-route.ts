/** HTTPRoute: how requests to some hosts are matched and where they go. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import { checkBackendPort, checkMatchCount, checkParentRefs, duplicates, problem } from "./checks.ts";
import {
  atomicList,
  duration,
  GROUP,
  headerName,
  hostnames,
  listMap,
  oneOf,
  parentRefs,
  routeStatus,
  sectionName,
  weightedBackend,
} from "./common.ts";
import { parseDuration } from "./duration.ts";
import { checkHttpFilters, httpFilters, replacesPrefix } from "./http-filters.ts";
import { checkHttpPath } from "./http-path.ts";

const valueMatchType = () => Type.Optional(oneOf(["Exact", "RegularExpression"], { default: "Exact" }));

const httpMatch = Type.Object({
  path: Type.Optional(
    Type.Object(
      {
        type: Type.Optional(oneOf(["Exact", "PathPrefix", "RegularExpression"], { default: "PathPrefix" })),
        value: Type.Optional(Type.String({ maxLength: 1024, default: "/" })),
      },
      { default: { type: "PathPrefix", value: "/" } },
    ),
  ),
  method: Type.Optional(oneOf(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])),
  headers: Type.Optional(
    listMap(
      Type.Object({
        type: valueMatchType(),
        name: headerName(),
        value: Type.String({ minLength: 1, maxLength: 4096 }),
      }),
      ["name"],
      { maxItems: 16 },
    ),
  ),
  queryParams: Type.Optional(
    listMap(
      Type.Object({
        type: valueMatchType(),
        name: headerName(),
        value: Type.String({ minLength: 1, maxLength: 1024 }),
      }),
      ["name"],
      { maxItems: 16 },
    ),
  ),
});
export type HttpRouteMatch = Static<typeof httpMatch>;

const httpBackend = Type.Object({ ...weightedBackend, filters: httpFilters() });
export type HttpBackendRef = Static<typeof httpBackend>;

const everything = [{ path: { type: "PathPrefix", value: "/" } }];

const httpRule = Type.Object({
  name: Type.Optional(sectionName()),
  matches: Type.Optional(
    atomicList(httpMatch, { maxItems: 64, default: everything, description: "A request needs to meet one of these." }),
  ),
  filters: httpFilters(),
  backendRefs: Type.Optional(
    atomicList(httpBackend, { maxItems: 16, description: "Where requests go, in proportion to the weights." }),
  ),
  timeouts: Type.Optional(
    Type.Object({ request: Type.Optional(duration()), backendRequest: Type.Optional(duration()) }),
  ),
  // Of the experimental channel. Served here because what it says is served.
  retry: Type.Optional(
    Type.Object({
      codes: Type.Optional(atomicList(Type.Integer({ minimum: 400, maximum: 599 }))),
      attempts: Type.Optional(Type.Integer({ minimum: 1 })),
      backoff: Type.Optional(duration()),
    }),
  ),
});
export type HttpRouteRule = Static<typeof httpRule>;

const spec = Type.Object({
  parentRefs: parentRefs(),
  hostnames: hostnames(),
  rules: Type.Optional(atomicList(httpRule, { minItems: 1, maxItems: 16, default: [{ matches: everything }] })),
});
export type HttpRouteSpec = Static<typeof spec>;

const schema = Type.Object({ spec, status: Type.Optional(routeStatus) });

export interface HttpRouteObject extends KubeObject {
  spec: HttpRouteSpec;
}

export const httpRouteKind: Kind<HttpRouteObject> = {
  type: { group: GROUP, version: "v1", plural: "httproutes", kind: "HTTPRoute", namespaced: true },
  otherVersions: ["v1beta1"],
  singular: "httproute",
  categories: ["gateway-api"],
  description: "How HTTP requests to some hosts are matched, changed and where they go.",
  schema,
  status: true,
  columns: [
    { name: "Hostnames", type: "string", jsonPath: ".spec.hostnames" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  defaults: (route) => withSchemaDefaults(schema, route),
  validate: (route) => [
    ...checkParentRefs(route.spec.parentRefs ?? []),
    ...checkMatchCount(route.spec.rules ?? []),
    ...(route.spec.rules ?? []).flatMap((rule, i) => checkRule(rule, `spec.rules[${i}]`)),
  ],
  warn: (route) => (route.spec.rules ?? []).flatMap((rule, i) => warnRule(rule, `spec.rules[${i}]`)),
};

function checkRule(rule: HttpRouteRule, at: string): Problem[] {
  const problems = checkHttpFilters(rule.filters ?? [], `${at}.filters`);
  const backends = rule.backendRefs ?? [];
  if (backends.length > 0 && rule.filters?.some((filter) => filter.requestRedirect)) {
    problems.push(
      problem(
        "conflict",
        `${at}.backendRefs`,
        "RequestRedirect filter must not be used together with backendRefs",
        "a redirected request is not forwarded: remove backendRefs, or the filter",
      ),
    );
  }
  const filterLists = [
    [`${at}.filters`, rule.filters ?? []] as const,
    ...backends.map((backend, i) => [`${at}.backendRefs[${i}].filters`, backend.filters ?? []] as const),
  ];
  const matches = rule.matches ?? [];
  const onePrefix = matches.length === 1 && (matches[0]?.path?.type ?? "PathPrefix") === "PathPrefix";
  for (const [where, filters] of filterLists) {
    filters.forEach((filter, i) => {
      const name = replacesPrefix(filter);
      if (name === undefined || onePrefix || rule.matches === undefined) return;
      const type = name === "urlRewrite" ? "URLRewrite" : "RequestRedirect";
      problems.push(
        problem(
          "conflict",
          `${where}[${i}].${name}.path.replacePrefixMatch`,
          `When using ${type} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`,
          "give each prefix a rule of its own",
        ),
      );
    });
  }
  backends.forEach((backend, i) => {
    problems.push(...checkBackendPort(backend, `${at}.backendRefs[${i}]`));
    problems.push(...checkHttpFilters(backend.filters ?? [], `${at}.backendRefs[${i}].filters`));
  });
  matches.forEach((match, i) => {
    problems.push(...checkMatch(match, `${at}.matches[${i}]`));
  });
  const { request, backendRequest } = rule.timeouts ?? {};
  const requestMs = request === undefined ? 0 : parseDuration(request);
  if (requestMs > 0 && backendRequest !== undefined && parseDuration(backendRequest) > requestMs) {
    problems.push(
      problem(
        "value",
        `${at}.timeouts.backendRequest`,
        "backendRequest timeout cannot be longer than request timeout",
        `make it ${request} or less`,
      ),
    );
  }
  return problems;
}

function checkMatch(match: HttpRouteMatch, at: string): Problem[] {
  const problems: Problem[] = [];
  if (match.path)
    problems.push(...checkHttpPath(match.path.type ?? "PathPrefix", match.path.value ?? "/", `${at}.path`));
  for (const field of ["headers", "queryParams"] as const) {
    for (const i of duplicates(match[field] ?? [], (item) => item.name)) {
      problems.push(
        problem(
          "duplicate",
          `${at}.${field}[${i}].name`,
          "Duplicate value",
          "each name may be matched once: remove it",
        ),
      );
    }
  }
  return problems;
}

function warnRule(rule: HttpRouteRule, at: string): Problem[] {
  const backends = rule.backendRefs ?? [];
  if (backends.length === 0 || backends.some((backend) => backend.weight !== 0)) return [];
  return [
    problem(
      "noEffect",
      `${at}.backendRefs`,
      "all weights are 0: every request gets status 500",
      "give at least one backend a weight above 0",
    ),
  ];
}
