/** A traffic policy as a DestinationRule writes it, and as the model has it. */
import type {
  ClientTlsSpec,
  ConnectionPoolSpec,
  OutlierDetectionSpec,
  PortTrafficPolicySpec,
  TrafficPolicySpec,
} from "../kinds/istio/traffic-policy-schema.ts";
import { milliseconds } from "./http-action.ts";
import { loadBalancerOf, localityOf } from "./load-balancer.ts";
import type { ClientTls, ConnectionPool, ObjectRef, OutlierDetection, TrafficPolicy } from "./model.ts";

/** A subset's policy over the rule's: field by field, each taken whole. */
export function overlay(base: TrafficPolicySpec, over: TrafficPolicySpec | undefined): TrafficPolicySpec {
  return { ...base, ...over };
}

/** The settings of a port replace those of the destination; what they leave out is back at its default. */
export function withPort(base: TrafficPolicySpec, port: PortTrafficPolicySpec | undefined): TrafficPolicySpec {
  if (!port) return base;
  const { loadBalancer: _lb, connectionPool: _pool, outlierDetection: _outlier, tls: _tls, ...rest } = base;
  const { port: _number, ...settings } = port;
  return { ...rest, ...settings };
}

export function trafficPolicy(spec: TrafficPolicySpec, origin: ObjectRef): TrafficPolicy {
  const loadBalancer = loadBalancerOf(spec.loadBalancer);
  const locality = localityOf(spec.loadBalancer);
  const connectionPool = poolOf(spec.connectionPool);
  const outlierDetection = outlierOf(spec.outlierDetection);
  const budget = spec.retryBudget;
  return {
    origin,
    ...(loadBalancer && { loadBalancer }),
    ...(locality && { locality }),
    ...(connectionPool && { connectionPool }),
    ...(outlierDetection && { outlierDetection }),
    ...(spec.tls && { tls: tlsOf(spec.tls) }),
    ...(spec.proxyProtocol && { proxyProtocol: spec.proxyProtocol.version ?? "V1" }),
    ...(budget && {
      retryBudget: { percent: budget.percent ?? 20, minConcurrency: budget.minRetryConcurrency ?? 3 },
    }),
  };
}

function poolOf(spec: ConnectionPoolSpec | undefined): ConnectionPool | undefined {
  if (!spec) return undefined;
  const { tcp = {}, http = {} } = spec;
  const keepalive = tcp.tcpKeepalive;
  return defined<ConnectionPool>({
    maxConnections: tcp.maxConnections,
    connectTimeoutMs: milliseconds(tcp.connectTimeout),
    tcpKeepalive:
      keepalive &&
      defined<NonNullable<ConnectionPool["tcpKeepalive"]>>({
        probes: keepalive.probes,
        timeSeconds: seconds(keepalive.time),
        intervalSeconds: seconds(keepalive.interval),
      }),
    maxConnectionDurationMs: milliseconds(tcp.maxConnectionDuration),
    tcpIdleTimeoutMs: milliseconds(tcp.idleTimeout),
    http1MaxPendingRequests: http.http1MaxPendingRequests,
    http2MaxRequests: http.http2MaxRequests,
    maxRequestsPerConnection: http.maxRequestsPerConnection,
    maxRetries: http.maxRetries,
    idleTimeoutMs: milliseconds(http.idleTimeout),
    h2Upgrade:
      http.h2UpgradePolicy === "UPGRADE" ? true : http.h2UpgradePolicy === "DO_NOT_UPGRADE" ? false : undefined,
    useClientProtocol: http.useClientProtocol,
    maxConcurrentStreams: http.maxConcurrentStreams,
  });
}

function outlierOf(spec: OutlierDetectionSpec | undefined): OutlierDetection | undefined {
  if (!spec) return undefined;
  return defined<OutlierDetection>({
    consecutive5xx: spec.consecutive5xxErrors,
    consecutiveGatewayErrors: spec.consecutiveGatewayErrors ?? (spec.consecutiveErrors || undefined),
    consecutiveLocalOriginFailures: spec.consecutiveLocalOriginFailures,
    splitLocalOriginErrors: spec.splitExternalLocalOriginErrors,
    intervalMs: milliseconds(spec.interval),
    baseEjectionMs: milliseconds(spec.baseEjectionTime),
    maxEjectionPercent: spec.maxEjectionPercent,
    minHealthPercent: spec.minHealthPercent,
  });
}

const TLS_MODES = { DISABLE: "Disable", SIMPLE: "Simple", MUTUAL: "Mutual", ISTIO_MUTUAL: "IstioMutual" } as const;

function tlsOf(spec: ClientTlsSpec): ClientTls {
  return defined<ClientTls>({
    mode: TLS_MODES[spec.mode ?? "DISABLE"],
    sni: spec.sni,
    subjectAltNames: spec.subjectAltNames ?? [],
    caCertificates: spec.caCertificates,
    clientCertificate: spec.clientCertificate,
    privateKey: spec.privateKey,
    credentialName: spec.credentialName,
    insecureSkipVerify: spec.insecureSkipVerify,
  });
}

function seconds(duration: string | undefined): number | undefined {
  const ms = milliseconds(duration);
  return ms === undefined ? undefined : Math.max(1, Math.round(ms / 1000));
}

/** A type whose optional fields may also be there as undefined. */
type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** Without the fields that are undefined, so that equal policies compare as equal. */
function defined<T extends object>(fields: Loose<T>): T;
function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
