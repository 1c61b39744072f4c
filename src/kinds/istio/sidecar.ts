import { checkIp, checkUnixSocket } from "./address-checks.ts";
import { istioKind } from "./common.ts";
import { checkHost, checkLabels, isDnsLabel } from "./hosts-checks.ts";
import { collect, each, type Report } from "./report.ts";
import { checkServerTls } from "./server-tls-checks.ts";
import { SidecarSpec } from "./sidecar-schema.ts";
import { checkConnectionPool } from "./traffic-policy-checks.ts";
import { checkDestination, checkPort } from "./value-checks.ts";

export const sidecarKind = istioKind<SidecarSpec>(
  { group: "networking", version: "v1", otherVersions: ["v1beta1", "v1alpha3"], kind: "Sidecar", plural: "sidecars" },
  SidecarSpec,
  {
    description:
      "Sidecar narrows what the proxies of workloads know and serve: the hosts they reach, the ports they open.",
    validate: ({ spec }) => collect((report) => check(report, spec ?? {})),
  },
);

function check(report: Report, spec: SidecarSpec): void {
  checkLabels(report, "spec.workloadSelector.labels", spec.workloadSelector?.labels);
  const ports = new Set<number>();
  each(spec.ingress, "spec.ingress", (listener, at) => {
    const { number } = listener.port;
    if (number === undefined) report("missing", `${at}.port.number`, "say which port");
    checkPort(report, `${at}.port.number`, number);
    if (number !== undefined && ports.has(number))
      report("duplicate", `${at}.port.number`, `port ${number} is there already`);
    if (number !== undefined) ports.add(number);
    if (listener.bind) checkIp(report, `${at}.bind`, listener.bind);
    checkDefaultEndpoint(report, `${at}.defaultEndpoint`, listener.defaultEndpoint);
    checkServerTls(report, `${at}.tls`, listener.tls);
    checkConnectionPool(report, `${at}.connectionPool`, listener.connectionPool);
  });
  each(spec.egress, "spec.egress", (listener, at) => {
    if (listener.hosts.length === 0)
      report("missing", `${at}.hosts`, "say which hosts", 'give "./*" for those of the namespace');
    each(listener.hosts, `${at}.hosts`, (host, place) => checkEgressHost(report, place, host));
    checkPort(report, `${at}.port.number`, listener.port?.number || undefined);
    if (listener.bind && !listener.port) report("missing", `${at}.port`, "a listener with bind needs a port");
    if (listener.bind?.startsWith("unix://")) checkUnixSocket(report, `${at}.bind`, listener.bind);
    else if (listener.bind) checkIp(report, `${at}.bind`, listener.bind);
  });
  checkConnectionPool(report, "spec.inboundConnectionPool", spec.inboundConnectionPool);
  checkDestination(report, "spec.outboundTrafficPolicy.egressProxy", spec.outboundTrafficPolicy?.egressProxy);
}

/** `127.0.0.1:PORT`, `0.0.0.0:PORT`, their IPv6 likes, or a socket. */
function checkDefaultEndpoint(report: Report, field: string, endpoint: string | undefined): void {
  if (!endpoint) return;
  if (endpoint.startsWith("unix://")) checkUnixSocket(report, field, endpoint);
  else if (!/^(127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d{1,5}$/.test(endpoint)) {
    report(
      "value",
      field,
      `"${endpoint}" is not of this workload`,
      "write 127.0.0.1:PORT, 0.0.0.0:PORT or unix:///path",
    );
  }
}

/** `namespace/host`, with `*`, `.` or `~` (none) as namespace. */
function checkEgressHost(report: Report, field: string, host: string): void {
  const [namespace = "", name = "", ...rest] = host.split("/");
  if (rest.length > 0 || name === "") {
    report("value", field, `"${host}" is not namespace/host`, 'write "./*", "*/*" or "namespace/host"');
    return;
  }
  if (!["*", ".", "~"].includes(namespace) && !isDnsLabel(namespace)) {
    report("value", field, `"${namespace}" is no namespace`, 'use ".", "*", "~" or the name of one');
  }
  if (name !== "*") checkHost(report, field, name, { wildcard: true });
}
