/** What a VirtualService may say but hardly means. */
import { warnHttpMatch } from "./http-match-checks.ts";
import { each, type Report } from "./report.ts";
import { warnUnreachable } from "./unreachable-rules.ts";
import type { HttpRouteSpec, RouteDestinationSpec, VirtualServiceSpec } from "./virtual-service-schema.ts";

export function warnVirtualService(report: Report, spec: VirtualServiceSpec, namespace: string): void {
  each(spec.hosts, "spec.hosts", (host, at) => warnShortHost(report, at, host, namespace));
  each(spec.http, "spec.http", (rule, at) => warnHttpRoute(report, at, rule, namespace));
  each(spec.tls, "spec.tls", ({ route }, at) => warnDestinations(report, `${at}.route`, route, namespace));
  each(spec.tcp, "spec.tcp", ({ route }, at) => warnDestinations(report, `${at}.route`, route, namespace));
  warnUnreachable(report, "spec.http", spec.http);
  warnUnreachable(report, "spec.tls", spec.tls);
  warnUnreachable(report, "spec.tcp", spec.tcp);
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
