/** What a rule of a VirtualService does with the requests that it matches. */
import { durationMs } from "../kinds/istio/duration.ts";
import type { HttpDestinationSpec, HttpRouteSpec } from "../kinds/istio/virtual-service-schema.ts";
import { authorityOf, headerOperations } from "./header-operations.ts";
import type { Destination, DirectResponse, HttpAction, Mirror, Redirect, Retries, Rewrite } from "./model.ts";

/** The port of a destination that names none. */
export type DefaultPort = (host: string) => number;

export function httpAction(rule: HttpRouteSpec, defaultPort: DefaultPort): HttpAction {
  if (rule.redirect) return { type: "Redirect", redirect: redirectOf(rule.redirect) };
  if (rule.directResponse) return { type: "DirectResponse", response: directResponseOf(rule.directResponse) };
  return { type: "Forward", destinations: destinationsOf(rule.route ?? [], defaultPort) };
}

/** Those without weight get nothing, unless none has any. */
export function destinationsOf(specs: readonly HttpDestinationSpec[], defaultPort: DefaultPort): Destination[] {
  const weighted = specs.filter(({ weight }) => (weight ?? 0) > 0);
  const used = specs.length === 1 || weighted.length === 0 ? specs : weighted;
  return used.map((spec) => {
    const requestHeaders = headerOperations(spec.headers?.request);
    const responseHeaders = headerOperations(spec.headers?.response);
    const hostRewrite = authorityOf(spec.headers?.request);
    return {
      ...destinationOf(spec.destination, defaultPort),
      weight: used === weighted ? (spec.weight ?? 1) : 1,
      ...(requestHeaders && { requestHeaders }),
      ...(responseHeaders && { responseHeaders }),
      ...(hostRewrite !== undefined && { hostRewrite }),
    };
  });
}

function destinationOf(spec: HttpDestinationSpec["destination"], defaultPort: DefaultPort): Destination {
  return {
    host: spec.host,
    port: spec.port?.number || defaultPort(spec.host),
    subset: spec.subset ?? "",
    weight: 1,
  };
}

function redirectOf(spec: NonNullable<HttpRouteSpec["redirect"]>): Redirect {
  const port = spec.derivePort === "FROM_REQUEST_PORT" ? "FromRequest" : spec.derivePort ? "FromProtocol" : spec.port;
  return {
    ...(spec.scheme && { scheme: spec.scheme }),
    ...(spec.authority && { authority: spec.authority }),
    ...(port !== undefined && { port }),
    ...(spec.prefixRewrite
      ? { path: { type: "Prefix", value: spec.prefixRewrite } as const }
      : spec.uri && { path: { type: "Full", value: spec.uri } as const }),
    code: redirectCode(spec.redirectCode),
  };
}

function redirectCode(code: number | undefined): Redirect["code"] {
  return code === 302 || code === 303 || code === 307 || code === 308 ? code : 301;
}

function directResponseOf(spec: NonNullable<HttpRouteSpec["directResponse"]>): DirectResponse {
  const { string, bytes } = spec.body ?? {};
  const body = string ?? (bytes === undefined ? undefined : new Uint8Array(Buffer.from(bytes, "base64")));
  return { status: spec.status, ...(body !== undefined && { body }) };
}

export function rewriteOf(rule: HttpRouteSpec): Rewrite | undefined {
  const authority = rule.rewrite?.authority || authorityOf(rule.headers?.request);
  const { uri, uriRegexRewrite: regex } = rule.rewrite ?? {};
  const path: Rewrite["path"] = regex
    ? { type: "Regex", match: regex.match ?? "", substitution: regex.rewrite ?? "" }
    : uri
      ? { type: "Prefix", value: uri }
      : undefined;
  return authority || path ? { ...(authority && { authority }), ...(path && { path }) } : undefined;
}

export function retriesOf(spec: HttpRouteSpec["retries"]): Retries | undefined {
  if (!spec) return undefined;
  const terms = (spec.retryOn ?? "").split(",").flatMap((term) => term.trim() || []);
  const codes = terms.filter((term) => /^\d+$/.test(term)).map(Number);
  const on = terms.filter((term) => !/^\d+$/.test(term));
  if (codes.length > 0 && !on.includes("retriable-status-codes")) on.push("retriable-status-codes");
  const perTryTimeoutMs = milliseconds(spec.perTryTimeout);
  const backoffMs = milliseconds(spec.backoff);
  return {
    attempts: spec.attempts ?? 0,
    ...(perTryTimeoutMs !== undefined && { perTryTimeoutMs }),
    on,
    retriableStatusCodes: codes,
    ...(backoffMs !== undefined && { backoffMs }),
    ...(spec.retryRemoteLocalities !== undefined && { retryRemoteLocalities: spec.retryRemoteLocalities }),
    ...(spec.retryIgnorePreviousHosts !== undefined && { ignorePreviousHosts: spec.retryIgnorePreviousHosts }),
  };
}

/** A share of 0 given in so many words means no mirror; none given means all. */
export function mirrorsOf(rule: HttpRouteSpec, defaultPort: DefaultPort): Mirror[] {
  const single = rule.mirrorPercentage?.value ?? rule.mirrorPercent ?? rule.mirror_percent ?? 100;
  const mirrors = [
    ...(rule.mirror ? [{ to: rule.mirror, percent: single }] : []),
    ...(rule.mirrors ?? []).map(({ destination, percentage }) => ({
      to: destination,
      percent: percentage ? (percentage.value ?? 0) : 100,
    })),
  ];
  return mirrors
    .filter(({ percent }) => percent > 0)
    .map(({ to, percent }) => ({ destination: destinationOf(to, defaultPort), percent }));
}

export function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationMs(duration);
}
