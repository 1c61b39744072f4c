/** GRPCRoute: how calls of gRPC methods are matched and where they go. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import {
  checkBackendPort,
  checkFilterFields,
  checkFiltersOnce,
  checkMatchCount,
  checkMirror,
  checkParentRefs,
  duplicates,
  problem,
} from "./checks.ts";
import {
  atomicList,
  GROUP,
  headerName,
  hostnames,
  listMap,
  localParametersRef,
  oneOf,
  parentRefs,
  routeStatus,
  sectionName,
  weightedBackend,
} from "./common.ts";
import { headerModifier } from "./header-modifier.ts";
import { requestMirror } from "./http-filters.ts";

const matchType = () => Type.Optional(oneOf(["Exact", "RegularExpression"], { default: "Exact" }));

const grpcMatch = Type.Object({
  method: Type.Optional(
    Type.Object({
      type: matchType(),
      service: Type.Optional(Type.String({ maxLength: 1024 })),
      method: Type.Optional(Type.String({ maxLength: 1024 })),
    }),
  ),
  headers: Type.Optional(
    listMap(
      Type.Object({ type: matchType(), name: headerName(), value: Type.String({ minLength: 1, maxLength: 4096 }) }),
      ["name"],
      { maxItems: 16 },
    ),
  ),
});
export type GrpcRouteMatch = Static<typeof grpcMatch>;

const grpcFilter = Type.Object({
  type: oneOf(["ResponseHeaderModifier", "RequestHeaderModifier", "RequestMirror", "ExtensionRef"]),
  requestHeaderModifier: Type.Optional(headerModifier),
  responseHeaderModifier: Type.Optional(headerModifier),
  requestMirror: Type.Optional(requestMirror),
  extensionRef: Type.Optional(Type.Object(localParametersRef)),
});
export type GrpcFilter = Static<typeof grpcFilter>;
const grpcFilters = () => Type.Optional(atomicList(grpcFilter, { maxItems: 16 }));

const grpcRule = Type.Object({
  name: Type.Optional(sectionName()),
  matches: Type.Optional(atomicList(grpcMatch, { maxItems: 64 })),
  filters: grpcFilters(),
  backendRefs: Type.Optional(atomicList(Type.Object({ ...weightedBackend, filters: grpcFilters() }), { maxItems: 16 })),
});
export type GrpcRouteRule = Static<typeof grpcRule>;

const spec = Type.Object({
  parentRefs: parentRefs(),
  hostnames: hostnames(),
  rules: Type.Optional(atomicList(grpcRule, { maxItems: 16 })),
});

const schema = Type.Object({ spec: Type.Optional(spec), status: Type.Optional(routeStatus) });

export type GrpcRouteSpec = Static<typeof spec>;

export interface GrpcRouteObject extends KubeObject {
  /** The CRD lets it be absent; then there is no route. */
  spec: GrpcRouteSpec;
}

export const grpcRouteKind: Kind<GrpcRouteObject> = {
  type: { group: GROUP, version: "v1", plural: "grpcroutes", kind: "GRPCRoute", namespaced: true },
  singular: "grpcroute",
  categories: ["gateway-api"],
  description: "How calls of gRPC methods are matched, changed and where they go.",
  schema,
  status: true,
  columns: [
    { name: "Hostnames", type: "string", jsonPath: ".spec.hostnames" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  defaults: (route) => withSchemaDefaults(schema, route),
  validate: ({ spec = {} }) => [
    ...checkParentRefs(spec.parentRefs ?? []),
    ...checkMatchCount(spec.rules ?? []),
    ...(spec.rules ?? []).flatMap((rule, i) => checkRule(rule, `spec.rules[${i}]`)),
  ],
};

const FIELDS = {
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
  RequestMirror: "requestMirror",
  ExtensionRef: "extensionRef",
};

function checkFilters(filters: readonly GrpcFilter[], at: string): Problem[] {
  return [
    ...checkFiltersOnce(filters, ["RequestHeaderModifier", "ResponseHeaderModifier"], at),
    ...filters.flatMap((filter, i) => [
      ...checkFilterFields(filter, FIELDS, `${at}[${i}]`),
      ...(filter.requestMirror ? checkMirror(filter.requestMirror, `${at}[${i}].requestMirror`) : []),
    ]),
  ];
}

function checkRule(rule: GrpcRouteRule, at: string): Problem[] {
  return [
    ...checkFilters(rule.filters ?? [], `${at}.filters`),
    ...(rule.backendRefs ?? []).flatMap((backend, i) => [
      ...checkBackendPort(backend, `${at}.backendRefs[${i}]`),
      ...checkFilters(backend.filters ?? [], `${at}.backendRefs[${i}].filters`),
    ]),
    ...(rule.matches ?? []).flatMap((match, i) => checkMatch(match, `${at}.matches[${i}]`)),
  ];
}

const SERVICE = /^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i;
const METHOD = /^[A-Za-z_][A-Za-z_0-9]*$/;

function checkMatch(match: GrpcRouteMatch, at: string): Problem[] {
  const problems = duplicates(match.headers ?? [], (header) => header.name).map((i) =>
    problem("duplicate", `${at}.headers[${i}].name`, "Duplicate value", "each name may be matched once: remove it"),
  );
  if (!match.method) return problems;
  const { type = "Exact", service, method } = match.method;
  if (service === undefined && method === undefined) {
    problems.push(
      problem(
        "missing",
        `${at}.method`,
        "One or both of 'service' or 'method' must be specified",
        "name the gRPC service, the method, or leave method out to match all",
      ),
    );
  }
  if (type === "Exact" && service !== undefined && !SERVICE.test(service)) {
    problems.push(
      problem(
        "value",
        `${at}.method.service`,
        `service must only contain valid characters (matching ${SERVICE.source}, in any case)`,
        "write it as package.Service",
      ),
    );
  }
  if (type === "Exact" && method !== undefined && !METHOD.test(method)) {
    problems.push(
      problem(
        "value",
        `${at}.method.method`,
        `method must only contain valid characters (matching ${METHOD.source})`,
        "write the method's name alone, without its service",
      ),
    );
  }
  return problems;
}
