/** An HTTPRoute's filters in the model's terms. */
import type { HeaderModifier } from "../../kinds/gateway-api/header-modifier.ts";
import type { Cors, PathModifier, RequestMirror, RequestRedirect } from "../../kinds/gateway-api/http-filters.ts";
import type { CorsPolicy, HeaderOperations, Redirect, StringMatch } from "../model.ts";

export function headerOperations(modifier: HeaderModifier): HeaderOperations {
  return { set: firstOfEach(modifier.set), add: firstOfEach(modifier.add), remove: modifier.remove ?? [] };
}

/** Names are compared without case, and of equivalent ones the first counts. */
function firstOfEach(headers: HeaderModifier["set"]): Record<string, string> {
  const first = new Map<string, [string, string]>();
  for (const { name, value } of headers ?? []) {
    const key = name.toLowerCase();
    if (!first.has(key)) first.set(key, [name, value]);
  }
  return Object.fromEntries(first.values());
}

export function redirect(value: RequestRedirect): Redirect {
  return {
    ...(value.scheme === undefined ? {} : { scheme: value.scheme }),
    ...(value.hostname === undefined ? {} : { authority: value.hostname }),
    // Without a port: that of the new scheme, or else that of the listener.
    port: value.port ?? (value.scheme === undefined ? "FromRequest" : "FromProtocol"),
    ...(value.path === undefined ? {} : { path: pathRewrite(value.path) }),
    code: value.statusCode ?? 302,
  };
}

export function pathRewrite(path: PathModifier): { type: "Full" | "Prefix"; value: string } {
  return path.type === "ReplaceFullPath"
    ? { type: "Full", value: path.replaceFullPath ?? "/" }
    : { type: "Prefix", value: path.replacePrefixMatch ?? "/" };
}

/** Of 100 requests. */
export function mirrorPercent({ percent, fraction }: RequestMirror): number {
  if (percent !== undefined) return percent;
  return fraction ? (fraction.numerator / (fraction.denominator ?? 100)) * 100 : 100;
}

export function corsPolicy(cors: Cors): CorsPolicy {
  return {
    allowOrigins: (cors.allowOrigins ?? []).map(origin),
    allowMethods: cors.allowMethods ?? [],
    allowHeaders: cors.allowHeaders ?? [],
    exposeHeaders: cors.exposeHeaders ?? [],
    maxAgeSeconds: cors.maxAge ?? 5,
    ...(cors.allowCredentials === undefined ? {} : { allowCredentials: cors.allowCredentials }),
    // preflights are the gateway's to answer, also those from other origins
    unmatchedPreflights: "Ignore",
  };
}

function origin(value: string): StringMatch {
  if (!value.includes("*")) return { type: "Exact", value };
  return { type: "Regex", value: value.replace(/[\\^$.+?()[\]{}|]/g, "\\$&").replaceAll("*", ".*") };
}
