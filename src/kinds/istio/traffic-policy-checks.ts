/** What a traffic policy must keep to beyond its shape. */
import { checkDestinationTls } from "./client-tls-checks.ts";
import { checkLoadBalancer } from "./load-balancer-checks.ts";
import { each, type Report } from "./report.ts";
import type {
  ConnectionPoolSpec,
  OutlierDetectionSpec,
  PortTrafficPolicySpec,
  TrafficPolicySpec,
} from "./traffic-policy-schema.ts";
import { checkDuration, checkNotNegative, checkPercentNumber, checkPort } from "./value-checks.ts";

export function checkTrafficPolicy(report: Report, field: string, policy: TrafficPolicySpec | undefined): void {
  if (!policy) return;
  if (Object.keys(policy).length === 0) {
    report("missing", field, "a traffic policy needs a setting", "give one, or leave it out");
  }
  if (policy.tunnel && policy.proxyProtocol) {
    report("conflict", `${field}.proxyProtocol`, "tunnel and proxyProtocol cannot go together", "take one out");
  }
  checkSettings(report, field, policy);
  const seen = new Set<number>();
  each(policy.portLevelSettings, `${field}.portLevelSettings`, (level, at) => {
    const number = level.port?.number;
    if (!number) report("missing", `${at}.port.number`, "say for which port the settings are");
    else if (seen.has(number)) report("duplicate", `${at}.port.number`, `port ${number} has settings already`);
    if (number) seen.add(number);
    checkPort(report, `${at}.port.number`, number || undefined);
    if (Object.keys(level).every((name) => name === "port")) {
      report("missing", at, "the settings of a port need at least one", "give one, or take the port out");
    }
    checkSettings(report, at, level);
  });
  if (policy.tunnel) {
    const { targetHost, targetPort, protocol } = policy.tunnel;
    if (targetHost === "") report("missing", `${field}.tunnel.targetHost`, "say to which host the tunnel leads");
    checkPort(report, `${field}.tunnel.targetPort`, targetPort);
    if (protocol !== undefined && protocol !== "CONNECT" && protocol !== "POST") {
      report("value", `${field}.tunnel.protocol`, `"${protocol}" is no way to tunnel`, "use CONNECT or POST");
    }
  }
  checkDuration(report, `${field}.retryBudget.budgetInterval`, policy.retryBudget?.budgetInterval);
}

function checkSettings(report: Report, field: string, policy: Omit<PortTrafficPolicySpec, "port">): void {
  checkConnectionPool(report, `${field}.connectionPool`, policy.connectionPool);
  checkOutlierDetection(report, `${field}.outlierDetection`, policy.outlierDetection);
  checkLoadBalancer(report, `${field}.loadBalancer`, policy.loadBalancer, policy.outlierDetection !== undefined);
  checkDestinationTls(report, `${field}.tls`, policy.tls);
}

export function checkConnectionPool(report: Report, field: string, pool: ConnectionPoolSpec | undefined): void {
  if (!pool) return;
  const { tcp, http } = pool;
  if (!tcp && !http) report("missing", field, "a connection pool needs tcp or http");
  checkNotNegative(report, `${field}.tcp.maxConnections`, tcp?.maxConnections);
  checkDuration(report, `${field}.tcp.connectTimeout`, tcp?.connectTimeout);
  checkDuration(report, `${field}.tcp.maxConnectionDuration`, tcp?.maxConnectionDuration);
  checkDuration(report, `${field}.tcp.idleTimeout`, tcp?.idleTimeout, { zero: true });
  checkDuration(report, `${field}.tcp.tcpKeepalive.time`, tcp?.tcpKeepalive?.time);
  checkDuration(report, `${field}.tcp.tcpKeepalive.interval`, tcp?.tcpKeepalive?.interval);
  const counts = [
    "http1MaxPendingRequests",
    "http2MaxRequests",
    "maxRequestsPerConnection",
    "maxRetries",
    "maxConcurrentStreams",
  ] as const;
  for (const count of counts) checkNotNegative(report, `${field}.http.${count}`, http?.[count]);
  checkDuration(report, `${field}.http.idleTimeout`, http?.idleTimeout);
  if (http?.h2UpgradePolicy === "UPGRADE" && http.useClientProtocol) {
    const message = "useClientProtocol and h2UpgradePolicy UPGRADE contradict each other";
    report("conflict", `${field}.http.useClientProtocol`, message, "keep one of them");
  }
  const alive = http?.http2KeepAlive;
  if (!alive) return;
  for (const part of ["interval", "timeout"] as const) {
    if (alive[part] === undefined)
      report("missing", `${field}.http.http2KeepAlive.${part}`, `keep-alive needs its ${part}`);
    checkDuration(report, `${field}.http.http2KeepAlive.${part}`, alive[part]);
  }
}

function checkOutlierDetection(report: Report, field: string, outlier: OutlierDetectionSpec | undefined): void {
  if (!outlier) return;
  checkDuration(report, `${field}.interval`, outlier.interval);
  checkDuration(report, `${field}.baseEjectionTime`, outlier.baseEjectionTime);
  checkPercentNumber(report, `${field}.maxEjectionPercent`, outlier.maxEjectionPercent);
  checkPercentNumber(report, `${field}.minHealthPercent`, outlier.minHealthPercent);
  checkNotNegative(report, `${field}.consecutiveErrors`, outlier.consecutiveErrors);
  if (outlier.consecutiveLocalOriginFailures && !outlier.splitExternalLocalOriginErrors) {
    const message = "local failures are only counted apart with splitExternalLocalOriginErrors";
    report("conflict", `${field}.consecutiveLocalOriginFailures`, message, "set splitExternalLocalOriginErrors: true");
  }
}

export function warnTrafficPolicy(report: Report, field: string, policy: TrafficPolicySpec | undefined): void {
  if (policy?.outlierDetection?.consecutiveErrors) {
    const remedy = "use consecutiveGatewayErrors or consecutive5xxErrors";
    report("deprecated", `${field}.outlierDetection.consecutiveErrors`, "consecutiveErrors is deprecated", remedy);
  }
  if (policy?.loadBalancer?.simple === "LEAST_CONN") {
    report("deprecated", `${field}.loadBalancer.simple`, "LEAST_CONN is deprecated", "use LEAST_REQUEST");
  }
  if (policy?.loadBalancer?.consistentHash?.minimumRingSize) {
    const at = `${field}.loadBalancer.consistentHash.minimumRingSize`;
    report("deprecated", at, "minimumRingSize is deprecated here", "use ringHash.minimumRingSize");
  }
}
