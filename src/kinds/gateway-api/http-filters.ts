/** The filters of an HTTPRoute's rules and backends. */
import { type Static, Type } from "typebox";
import type { Problem } from "../kind.ts";
import { checkFilterFields, checkFiltersOnce, checkMirror, duplicates, problem } from "./checks.ts";
import {
  atomicList,
  backendObjectRef,
  headerName,
  localParametersRef,
  oneOf,
  portNumber,
  preciseHostname,
  setList,
} from "./common.ts";
import { headerModifier } from "./header-modifier.ts";

const pathModifier = Type.Object({
  type: oneOf(["ReplaceFullPath", "ReplacePrefixMatch"]),
  replaceFullPath: Type.Optional(Type.String({ maxLength: 1024 })),
  replacePrefixMatch: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type PathModifier = Static<typeof pathModifier>;

const ORIGIN_PATTERN =
  "(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)";

const cors = Type.Object({
  allowOrigins: Type.Optional(
    setList(Type.String({ minLength: 1, maxLength: 253, pattern: ORIGIN_PATTERN }), { maxItems: 64 }),
  ),
  allowCredentials: Type.Optional(Type.Boolean()),
  allowMethods: Type.Optional(
    setList(oneOf(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"]), {
      maxItems: 9,
    }),
  ),
  allowHeaders: Type.Optional(setList(headerName(), { maxItems: 64 })),
  exposeHeaders: Type.Optional(setList(headerName(), { maxItems: 64 })),
  maxAge: Type.Optional(Type.Integer({ format: "int32", minimum: 1, default: 5 })),
});
export type Cors = Static<typeof cors>;

export const requestMirror = Type.Object({
  backendRef: backendObjectRef,
  percent: Type.Optional(Type.Integer({ format: "int32", minimum: 0, maximum: 100 })),
  fraction: Type.Optional(
    Type.Object({
      numerator: Type.Integer({ format: "int32", minimum: 0 }),
      denominator: Type.Optional(Type.Integer({ format: "int32", minimum: 1, default: 100 })),
    }),
  ),
});
export type RequestMirror = Static<typeof requestMirror>;

const requestRedirect = Type.Object({
  scheme: Type.Optional(oneOf(["http", "https"])),
  hostname: Type.Optional(preciseHostname()),
  path: Type.Optional(pathModifier),
  port: Type.Optional(portNumber()),
  statusCode: Type.Optional(
    Type.Unsafe<301 | 302 | 303 | 307 | 308>({ type: "integer", enum: [301, 302, 303, 307, 308], default: 302 }),
  ),
});
export type RequestRedirect = Static<typeof requestRedirect>;

const urlRewrite = Type.Object({
  hostname: Type.Optional(preciseHostname()),
  path: Type.Optional(pathModifier),
});

const httpFilter = Type.Object({
  type: oneOf([
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestMirror",
    "RequestRedirect",
    "URLRewrite",
    "ExtensionRef",
    "CORS",
  ]),
  requestHeaderModifier: Type.Optional(headerModifier),
  responseHeaderModifier: Type.Optional(headerModifier),
  requestMirror: Type.Optional(requestMirror),
  requestRedirect: Type.Optional(requestRedirect),
  urlRewrite: Type.Optional(urlRewrite),
  extensionRef: Type.Optional(Type.Object(localParametersRef)),
  cors: Type.Optional(cors),
});
export type HttpFilter = Static<typeof httpFilter>;

export const httpFilters = () => Type.Optional(atomicList(httpFilter, { maxItems: 16 }));

const FIELDS = {
  CORS: "cors",
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
  RequestMirror: "requestMirror",
  RequestRedirect: "requestRedirect",
  URLRewrite: "urlRewrite",
  ExtensionRef: "extensionRef",
};
const ONCE = ["CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"];

export function checkHttpFilters(filters: readonly HttpFilter[], at: string): Problem[] {
  const problems = checkFiltersOnce(filters, ONCE, at);
  const redirect = filters.findIndex((filter) => filter.type === "RequestRedirect");
  if (redirect >= 0 && filters.some((filter) => filter.type === "URLRewrite")) {
    problems.push(
      problem(
        "conflict",
        `${at}[${redirect}]`,
        "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
        "a redirected request is not forwarded: remove the URLRewrite, or the RequestRedirect",
      ),
    );
  }
  filters.forEach((filter, i) => {
    const here = `${at}[${i}]`;
    problems.push(...checkFilterFields(filter, FIELDS, here));
    if (filter.requestMirror) problems.push(...checkMirror(filter.requestMirror, `${here}.requestMirror`));
    if (filter.cors) problems.push(...checkCors(filter.cors, `${here}.cors`));
    const path = filter.requestRedirect?.path ?? filter.urlRewrite?.path;
    const parent = filter.requestRedirect ? "requestRedirect" : "urlRewrite";
    if (path) problems.push(...checkPathModifier(path, `${here}.${parent}.path`));
  });
  return problems;
}

function checkPathModifier(path: PathModifier, at: string): Problem[] {
  const pairs = [
    ["ReplaceFullPath", "replaceFullPath"],
    ["ReplacePrefixMatch", "replacePrefixMatch"],
  ] as const;
  return pairs.flatMap(([type, name]) => {
    const has = path[name] !== undefined;
    if (has === (path.type === type)) return [];
    return has
      ? [problem("conflict", `${at}.type`, `type must be '${type}' when ${name} is set`, `write type: ${type}`)]
      : [
          problem(
            "missing",
            `${at}.${name}`,
            `${name} must be specified when type is set to '${type}'`,
            `add ${name}: the new path`,
          ),
        ];
  });
}

function checkCors(value: Cors, at: string): Problem[] {
  const wildcards = [
    ["allowOrigins", "AllowOrigins cannot contain '*' alongside other origins"],
    ["allowMethods", "AllowMethods cannot contain '*' alongside other methods"],
    ["allowHeaders", "AllowHeaders cannot contain '*' alongside other methods"],
  ] as const;
  const problems = wildcards.flatMap(([name, message]) => {
    const list: readonly string[] = value[name] ?? [];
    return list.includes("*") && list.length > 1
      ? [problem("conflict", `${at}.${name}`, message, "remove the others, or the '*'")]
      : [];
  });
  for (const name of ["allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders"] as const) {
    for (const i of duplicates<string>(value[name] ?? [], (item) => item)) {
      problems.push(problem("duplicate", `${at}.${name}[${i}]`, "Duplicate value", "remove it"));
    }
  }
  return problems;
}

/** Whether a filter replaces the matched prefix, which only makes sense with exactly one prefix matched. */
export function replacesPrefix(filter: HttpFilter): "requestRedirect" | "urlRewrite" | undefined {
  if (filter.requestRedirect?.path?.replacePrefixMatch !== undefined) return "requestRedirect";
  if (filter.urlRewrite?.path?.replacePrefixMatch !== undefined) return "urlRewrite";
  return undefined;
}
