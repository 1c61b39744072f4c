/** An HTTP rule of a VirtualService: what it does, and that it does one thing. */

import { checkHttpMatch } from "./http-match-checks.ts";
import { checkCors, checkFault, checkHeaders, checkRetries } from "./http-policy-checks.ts";
import { each, type Report } from "./report.ts";
import {
  checkDestination,
  checkDuration,
  checkNotNegative,
  checkPercent,
  checkPercentNumber,
  checkPort,
  checkRegex,
} from "./value-checks.ts";
import type { HttpDestinationSpec, HttpRouteSpec } from "./virtual-service-schema.ts";

/** `delegate`: of a VirtualService without hosts, which others hand rules to. */
export function checkHttpRoute(report: Report, field: string, rule: HttpRouteSpec, delegate: boolean): void {
  checkAction(report, field, rule, delegate);
  each(rule.match, `${field}.match`, (match, at) => checkHttpMatch(report, at, match));
  checkDestinations(report, `${field}.route`, rule.route);
  checkRedirect(report, `${field}.redirect`, rule);
  checkRewrite(report, `${field}.rewrite`, rule);
  checkDirectResponse(report, `${field}.directResponse`, rule.directResponse);
  checkMirrors(report, field, rule);
  checkHeaders(report, `${field}.headers`, rule.headers);
  checkFault(report, `${field}.fault`, rule.fault);
  checkRetries(report, `${field}.retries`, rule.retries);
  checkCors(report, `${field}.corsPolicy`, rule.corsPolicy);
  checkDuration(report, `${field}.timeout`, rule.timeout, { zero: true });
}

const ACTIONS = ["route", "redirect", "directResponse"] as const;

function checkAction(report: Report, field: string, rule: HttpRouteSpec, delegate: boolean): void {
  const actions = ACTIONS.filter((action) => (action === "route" ? rule.route?.length : rule[action]));
  if (rule.delegate) {
    if (delegate) report("conflict", `${field}.delegate`, "a delegate cannot delegate further", "route here");
    for (const action of actions.filter((each) => each !== "directResponse")) {
      report(
        "conflict",
        `${field}.${action}`,
        `a rule that delegates cannot have ${action}`,
        "move it to the delegate",
      );
    }
    if (!rule.delegate.name) report("missing", `${field}.delegate.name`, "say which VirtualService to delegate to");
    return;
  }
  if (actions.length === 0) {
    report("missing", field, "a rule needs something to do", "give route, redirect, directResponse or delegate");
  }
  const [first, second] = actions;
  if (first && second) {
    report(
      "conflict",
      `${field}.${second}`,
      `a rule cannot have both ${first} and ${second}`,
      "split it into two rules",
    );
  }
  const direct = rule.redirect ? "redirect" : rule.directResponse ? "directResponse" : undefined;
  for (const other of ["fault", "rewrite"] as const) {
    if (direct && rule[other])
      report("conflict", `${field}.${other}`, `${other} cannot go with ${direct}`, `take ${other} out`);
  }
}

export function checkDestinations(
  report: Report,
  field: string,
  route: readonly Pick<HttpDestinationSpec, "destination" | "weight" | "headers">[] | undefined,
): void {
  each(route, field, (to, at) => {
    checkDestination(report, `${at}.destination`, to.destination);
    checkNotNegative(report, `${at}.weight`, to.weight);
    checkHeaders(report, `${at}.headers`, to.headers);
  });
  const total = (route ?? []).reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  if (route && route.length > 1 && total <= 0) {
    report(
      "value",
      field,
      `the weights of ${route.length} destinations add up to ${total}`,
      "give each its share, such as 80 and 20",
    );
  }
}

function checkRedirect(report: Report, field: string, { redirect, match }: HttpRouteSpec): void {
  if (!redirect) return;
  const { uri, prefixRewrite, authority, port, derivePort, scheme, redirectCode } = redirect;
  if (!uri && !prefixRewrite && !authority && !port && !derivePort && !scheme) {
    report(
      "missing",
      field,
      "a redirect leads to where the request came from",
      "give uri, prefixRewrite, authority, port or scheme",
    );
  }
  if (uri && prefixRewrite) report("conflict", field, "a redirect has uri or prefixRewrite, not both");
  const other = (match ?? []).some((one) => one.uri && one.uri.prefix === undefined);
  if (prefixRewrite && other) {
    report("conflict", `${field}.prefixRewrite`, "only a matched prefix can be replaced", "match uri by prefix");
  }
  if (scheme && scheme !== "http" && scheme !== "https")
    report("value", `${field}.scheme`, "the scheme is http or https");
  checkPort(report, `${field}.port`, port || undefined);
  if (port && derivePort) report("conflict", `${field}.derivePort`, "a redirect has port or derivePort, not both");
  if (redirectCode && ![301, 302, 303, 307, 308].includes(redirectCode)) {
    report("value", `${field}.redirectCode`, `${redirectCode} is no redirect`, "give 301, 302, 303, 307 or 308");
  }
}

function checkRewrite(report: Report, field: string, { rewrite, headers }: HttpRouteSpec): void {
  const request = { ...headers?.request?.add, ...headers?.request?.set };
  const set = Object.keys(request).filter((name) => /^(:authority|host)$/i.test(name));
  if (set.length + (rewrite?.authority ? 1 : 0) > 1) {
    report("conflict", field, "the authority is rewritten twice", "use rewrite.authority or the Host header, once");
  }
  if (!rewrite) return;
  const { uri, authority, uriRegexRewrite: regex } = rewrite;
  if (!uri && !authority && !regex) report("missing", field, "a rewrite needs uri, uriRegexRewrite or authority");
  if (uri && regex) report("conflict", field, "a rewrite has uri or uriRegexRewrite, not both");
  if (!regex) return;
  if (!regex.match) report("missing", `${field}.uriRegexRewrite.match`, "say what to replace");
  if (regex.rewrite === undefined)
    report("missing", `${field}.uriRegexRewrite.rewrite`, "say what to put in its place");
  checkRegex(report, `${field}.uriRegexRewrite.match`, regex.match);
}

function checkDirectResponse(report: Report, field: string, response: HttpRouteSpec["directResponse"]): void {
  if (!response) return;
  if (response.status < 200 || response.status > 599) {
    report("value", `${field}.status`, `${response.status} is no status of a response`, "give one from 200 to 599");
  }
  const { string, bytes } = response.body ?? {};
  if (response.body && string === undefined && bytes === undefined) {
    report("missing", `${field}.body`, "a body has string or bytes");
  }
  if (string !== undefined && bytes !== undefined)
    report("conflict", `${field}.body`, "a body has string or bytes, not both");
  const size = string === undefined ? ((bytes?.length ?? 0) * 3) / 4 : Buffer.byteLength(string);
  if (size > 1024 * 1024) report("value", `${field}.body`, "a body has at most 1 MiB", "serve it from a workload");
}

function checkMirrors(report: Report, field: string, rule: HttpRouteSpec): void {
  if (rule.mirror && rule.mirrors?.length)
    report("conflict", `${field}.mirrors`, "a rule has mirror or mirrors, not both");
  checkDestination(report, `${field}.mirror`, rule.mirror);
  checkPercentNumber(report, `${field}.mirrorPercent`, rule.mirrorPercent);
  checkPercentNumber(report, `${field}.mirror_percent`, rule.mirror_percent);
  checkPercent(report, `${field}.mirrorPercentage`, rule.mirrorPercentage);
  each(rule.mirrors, `${field}.mirrors`, ({ destination, percentage }, at) => {
    checkDestination(report, `${at}.destination`, destination);
    checkPercent(report, `${at}.percentage`, percentage);
  });
}
