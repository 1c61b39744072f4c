/** What a VirtualService may say but hardly means. */
import { warnHttpMatch } from "./http-match-checks.ts";
import { each, type Report } from "./report.ts";
import type {
  HttpMatchSpec,
  HttpRouteSpec,
  RouteDestinationSpec,
  VirtualServiceSpec,
} from "./virtual-service-schema.ts";

export function warnVirtualService(report: Report, spec: VirtualServiceSpec, namespace: string): void {
  each(spec.hosts, "spec.hosts", (host, at) => warnShortHost(report, at, host, namespace));
  each(spec.http, "spec.http", (rule, at) => warnHttpRoute(report, at, rule, namespace));
  each(spec.tls, "spec.tls", ({ route }, at) => warnDestinations(report, `${at}.route`, route, namespace));
  each(spec.tcp, "spec.tcp", ({ route }, at) => warnDestinations(report, `${at}.route`, route, namespace));
  warnUnreachable(report, spec.http ?? []);
}

function warnHttpRoute(report: Report, field: string, rule: HttpRouteSpec, namespace: string): void {
  each(rule.match, `${field}.match`, (match, at) => warnHttpMatch(report, at, match));
  warnDestinations(report, `${field}.route`, rule.route, namespace);
  if (rule.mirrorPercent !== undefined || rule.mirror_percent !== undefined) {
    report("deprecated", `${field}.mirrorPercent`, "mirrorPercent is deprecated", "use mirrorPercentage");
  }
  if (rule.corsPolicy?.allowOrigin?.length) {
    report("deprecated", `${field}.corsPolicy.allowOrigin`, "allowOrigin is deprecated", "use allowOrigins");
  }
  const { delay, abort } = rule.fault ?? {};
  if (delay?.percent !== undefined) {
    report("deprecated", `${field}.fault.delay.percent`, "percent is deprecated", "use percentage");
  }
  if (delay && delay.percentage === undefined && delay.percent === undefined) {
    report("noEffect", `${field}.fault.delay`, "without a percentage no request is delayed", "give percentage");
  }
  if (abort && abort.percentage === undefined) {
    report("noEffect", `${field}.fault.abort`, "without a percentage no request is aborted", "give percentage");
  }
}

type Weighted = Pick<RouteDestinationSpec, "destination" | "weight">;

function warnDestinations(
  report: Report,
  field: string,
  route: readonly Weighted[] | undefined,
  namespace: string,
): void {
  each(route, field, ({ destination }, at) => {
    warnShortHost(report, `${at}.destination.host`, destination.host, namespace);
  });
  const total = (route ?? []).reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  if (route && route.length > 1 && total > 0 && total !== 100) {
    report(
      "noEffect",
      field,
      `the weights add up to ${total}, so they are shares of ${total}`,
      "let them add up to 100",
    );
  }
}

/** Outside of a namespace of its own a short name hardly says what it means. */
function warnShortHost(report: Report, field: string, host: string, namespace: string): void {
  if (host === "" || host.includes(".") || host.includes("*") || host.includes(":")) return;
  if (namespace !== "istio-system") return;
  const meant = `${host}.${namespace}.svc.cluster.local`;
  report("noEffect", field, `"${host}" is short for ${meant}`, "write the full name if another namespace is meant");
}

/** Rules are tried in order: what comes after one for every request is never reached. */
function warnUnreachable(report: Report, rules: readonly HttpRouteSpec[]): void {
  const catchAll = rules.findIndex(({ match }) => !match?.length || match.some(isEverything));
  if (catchAll >= 0) {
    for (let i = catchAll + 1; i < rules.length; i++) {
      const message = `rule ${i} is never reached: rule ${catchAll} takes every request`;
      report("unreachable", `spec.http[${i}]`, message, "put it before that rule");
    }
  }
  const seen = new Map<string, string>();
  rules.slice(0, catchAll < 0 ? rules.length : catchAll + 1).forEach(({ match }, i) => {
    each(match, `spec.http[${i}].match`, (one, at) => {
      const key = canonical(one);
      const earlier = seen.get(key);
      if (earlier !== undefined)
        report("unreachable", at, `this match is never reached: ${earlier} is the same`, "take it out");
      else seen.set(key, at);
    });
  });
}

/** A match by name or statPrefix only, or of every path. */
function isEverything({ name: _name, statPrefix: _prefix, uri, ...rest }: HttpMatchSpec): boolean {
  const everyPath = uri === undefined || uri.prefix === "/" || uri.prefix === "";
  return everyPath && Object.values(rest).every((value) => value === false || isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function canonical({ name: _name, statPrefix: _prefix, ...rest }: HttpMatchSpec): string {
  const sorted = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)])
      : value;
  return JSON.stringify(sorted(rest));
}
