/** What a VirtualService must keep to beyond its shape. */

import { checkCidr } from "./address-checks.ts";
import { checkExportTo, checkHost, hostFault } from "./hosts-checks.ts";
import { checkClient, checkNoClaims } from "./http-match-checks.ts";
import { checkDestinations, checkHttpRoute } from "./http-route-checks.ts";
import { each, type Report } from "./report.ts";
import { checkGatewayNames } from "./value-checks.ts";
import type { TcpRouteSpec, TlsRouteSpec, VirtualServiceSpec } from "./virtual-service-schema.ts";

export function checkVirtualService(report: Report, spec: VirtualServiceSpec, namespace: string): void {
  const hosts = spec.hosts ?? [];
  if (hosts.length === 0) checkDelegate(report, spec);
  checkGatewayNames(report, "spec.gateways", spec.gateways);
  checkHosts(report, spec);
  if (!spec.http?.length && !spec.tls?.length && !spec.tcp?.length) {
    report("missing", "spec", "a VirtualService needs rules", "give http, tls or tcp");
  }
  each(spec.http, "spec.http", (rule, at) => checkHttpRoute(report, at, rule, hosts.length === 0));
  if (hosts.length > 0 && !isAtGateway(spec)) {
    each(spec.http, "spec.http", ({ match }, at) =>
      each(match, `${at}.match`, (one, place) => checkNoClaims(report, place, one)),
    );
  }
  each(spec.tls, "spec.tls", (rule, at) => checkTls(report, at, rule, hosts));
  each(spec.tcp, "spec.tcp", (rule, at) => checkTcp(report, at, rule));
  checkExportTo(report, spec.exportTo, namespace);
}

function isAtGateway({ gateways = [] }: VirtualServiceSpec): boolean {
  return gateways.some((gateway) => gateway !== "mesh");
}

/** Without hosts it is a delegate, which others hand HTTP rules to. */
function checkDelegate(report: Report, spec: VirtualServiceSpec): void {
  for (const field of ["gateways", "tls", "tcp"] as const) {
    if (!spec[field]?.length) continue;
    report(
      "conflict",
      `spec.${field}`,
      `a VirtualService without hosts is a delegate and has no ${field}`,
      "give it hosts",
    );
  }
}

function checkHosts(report: Report, spec: VirtualServiceSpec): void {
  const hosts = spec.hosts ?? [];
  const atGateway = isAtGateway(spec);
  each(hosts, "spec.hosts", (host, at) => {
    checkHost(report, at, host, { wildcard: true, ip: true });
    if (host === "*" && !atGateway) {
      report("value", at, "* would take over all of the mesh", "name hosts, or bind the VirtualService to a gateway");
    }
  });
  hosts.forEach((host, i) => {
    const j = hosts.findIndex((other, k) => k < i && (other === host || overlap(other, host)));
    if (j >= 0) report("duplicate", `spec.hosts[${i}]`, `"${host}" overlaps with "${hosts[j]}"`, "keep one of them");
  });
}

function overlap(a: string, b: string): boolean {
  const covers = (wide: string, narrow: string): boolean =>
    wide === "*" || (wide.startsWith("*") && narrow.endsWith(wide.slice(1)));
  return covers(a, b) || covers(b, a);
}

function checkTls(report: Report, field: string, rule: TlsRouteSpec, hosts: readonly string[]): void {
  if (rule.match.length === 0) report("missing", `${field}.match`, "a TLS rule needs a match", "give it sniHosts");
  each(rule.match, `${field}.match`, (match, at) => {
    if (match.sniHosts.length === 0) report("missing", `${at}.sniHosts`, "say for which server names the rule is");
    each(match.sniHosts, `${at}.sniHosts`, (sni, place) => {
      checkHost(report, place, sni, { wildcard: true });
      const known = hosts.some((host) => host === sni || overlap(host, sni));
      if (!known && hostFault(sni, { wildcard: true }) === undefined) {
        report("value", place, `"${sni}" is under none of the hosts`, "add it to spec.hosts");
      }
    });
    each(match.destinationSubnets, `${at}.destinationSubnets`, (subnet, place) => checkCidr(report, place, subnet));
    checkClient(report, at, match);
  });
  checkConnectionRoute(report, field, rule);
}

function checkTcp(report: Report, field: string, rule: TcpRouteSpec): void {
  each(rule.match, `${field}.match`, (match, at) => {
    each(match.destinationSubnets, `${at}.destinationSubnets`, (subnet, place) => checkCidr(report, place, subnet));
    checkClient(report, at, match);
  });
  checkConnectionRoute(report, field, rule);
}

function checkConnectionRoute(report: Report, field: string, { route }: TcpRouteSpec | TlsRouteSpec): void {
  if (!route?.length) report("missing", `${field}.route`, "a rule needs somewhere to send connections");
  checkDestinations(report, `${field}.route`, route);
}
