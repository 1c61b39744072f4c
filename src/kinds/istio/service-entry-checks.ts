/** What a ServiceEntry must keep to beyond its shape. */
import { checkCidr } from "./address-checks.ts";
import { checkExportTo, checkHost, checkLabels } from "./hosts-checks.ts";
import { each, type Report } from "./report.ts";
import type { ServiceEntrySpec } from "./service-entry-schema.ts";
import { checkPort } from "./value-checks.ts";
import { checkPortName, checkWorkloadEntry } from "./workload-entry-checks.ts";

const HTTP = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP_PROXY"]);
const TLS = new Set(["HTTPS", "TLS"]);
const OTHER = new Set(["TCP", "UDP", "MONGO", "REDIS", "MYSQL"]);

export function checkServiceEntry(report: Report, spec: ServiceEntrySpec, namespace: string): void {
  each(spec.hosts, "spec.hosts", (host, at) => {
    if (host === "*") report("value", at, "* would be every host", "name the host");
    else checkHost(report, at, host, { wildcard: true });
  });
  each(spec.addresses, "spec.addresses", (address, at) => checkCidr(report, at, address));
  if (spec.workloadSelector && spec.endpoints?.length) {
    report("conflict", "spec.endpoints", "endpoints are listed or selected, not both", "take workloadSelector out");
  }
  checkLabels(report, "spec.workloadSelector.labels", spec.workloadSelector?.labels);
  checkPorts(report, spec);
  checkResolution(report, spec);
  const plain = (spec.ports ?? []).some(({ protocol = "" }) => !HTTP.has(upper(protocol)) && !TLS.has(upper(protocol)));
  if (spec.hosts.length > 1 && plain && resolutionOf(spec) !== "NONE") {
    const message = "several hosts cannot be told apart on a port without HTTP or TLS";
    report("conflict", "spec.hosts", message, "make a ServiceEntry for each");
  }
  checkExportTo(report, spec.exportTo, namespace, { nobody: true });
}

function checkPorts(report: Report, spec: ServiceEntrySpec): void {
  const names = new Set<string>();
  const numbers = new Set<number>();
  each(spec.ports, "spec.ports", (port, at) => {
    checkPortName(report, `${at}.name`, port.name);
    if (names.has(port.name)) report("duplicate", `${at}.name`, `another port is named "${port.name}"`);
    if (numbers.has(port.number)) report("duplicate", `${at}.number`, `port ${port.number} is there already`);
    names.add(port.name);
    numbers.add(port.number);
    checkPort(report, `${at}.number`, port.number);
    checkPort(report, `${at}.targetPort`, port.targetPort || undefined);
    const protocol = upper(port.protocol ?? "");
    if (protocol !== "" && !HTTP.has(protocol) && !TLS.has(protocol) && !OTHER.has(protocol)) {
      report(
        "value",
        `${at}.protocol`,
        `"${port.protocol}" is no protocol`,
        "use HTTP, HTTPS, GRPC, HTTP2, TLS or TCP",
      );
    }
  });
}

function checkResolution(report: Report, spec: ServiceEntrySpec): void {
  const resolution = resolutionOf(spec);
  const endpoints = spec.endpoints ?? [];
  const byName = resolution === "DNS" || resolution === "DNS_ROUND_ROBIN";
  const ports = new Set((spec.ports ?? []).map(({ name }) => name));
  if (
    (spec.addresses ?? []).some((address) => address.includes("/")) &&
    resolution !== "NONE" &&
    resolution !== "STATIC"
  ) {
    report("conflict", "spec.addresses", `a range cannot go with resolution ${resolution}`, "list addresses");
  }
  if (resolution === "NONE" || resolution === "DYNAMIC_DNS") {
    if (endpoints.length > 0) {
      report(
        "conflict",
        "spec.endpoints",
        `resolution ${resolution} goes to where the client asked`,
        "use resolution STATIC or DNS",
      );
    }
  } else {
    each(endpoints, "spec.endpoints", (entry, at) => checkWorkloadEntry(report, at, entry, { names: byName, ports }));
  }
  if (resolution === "DNS_ROUND_ROBIN" && endpoints.length > 1) {
    report("conflict", "spec.endpoints", "resolution DNS_ROUND_ROBIN has one endpoint at most", "use resolution DNS");
  }
  if (byName && endpoints.length === 0 && !spec.workloadSelector) {
    each(spec.hosts, "spec.hosts", (host, at) => {
      if (!host.includes("*")) return;
      report("value", at, `"${host}" cannot be resolved by DNS`, "list endpoints, or use resolution NONE");
    });
  }
  if (resolution === "DYNAMIC_DNS") {
    each(spec.hosts, "spec.hosts", (host, at) => {
      if (!host.startsWith("*"))
        report("value", at, "resolution DYNAMIC_DNS is for wildcard hosts", "use resolution DNS");
    });
    if (spec.addresses?.length) report("conflict", "spec.addresses", "resolution DYNAMIC_DNS has no addresses");
  }
}

function resolutionOf(spec: ServiceEntrySpec): NonNullable<ServiceEntrySpec["resolution"]> {
  return spec.resolution ?? "NONE";
}

function upper(protocol: string): string {
  return protocol.toUpperCase();
}

export function warnServiceEntry(report: Report, spec: ServiceEntrySpec): void {
  each(spec.ports, "spec.ports", ({ protocol, name }, at) => {
    const named = /^(http|http2|https|grpc|grpc-web|tls|tcp|udp|mongo|redis|mysql)(-|$)/i.test(name);
    if (!protocol && !named) {
      report(
        "noEffect",
        `${at}.protocol`,
        `port "${name}" has no protocol: it is found out per connection`,
        "give protocol",
      );
    }
    const tcp = upper(protocol ?? name) === "TCP";
    if (tcp && !spec.addresses?.length && spec.resolution !== "NONE" && spec.resolution !== undefined) {
      report("addresses", at, "TCP is told apart by address, and there is none", "give spec.addresses");
    }
  });
  if (spec.workloadSelector && Object.keys(spec.workloadSelector.labels ?? {}).length === 0) {
    report("noEffect", "spec.workloadSelector", "a selector without labels selects nothing", "give labels");
  }
  if (spec.workloadSelector && (spec.resolution ?? "NONE") === "NONE") {
    report("noEffect", "spec.workloadSelector", "with resolution NONE nothing is selected", "use resolution STATIC");
  }
}
