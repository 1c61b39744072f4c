/** The shape of a traffic policy, as DestinationRules and Sidecars have it. */
import { Type } from "typebox";
import { exclusive } from "./cel.ts";
import {
  anyDuration,
  bool,
  double,
  duration,
  int32,
  list,
  oneOf,
  PortSelector,
  shape,
  text,
  texts,
  uint32,
} from "./common.ts";

const count = Type.Integer({ minimum: 0 });

export const ConnectionPool = shape(
  "ConnectionPoolSettings",
  {},
  {
    tcp: shape(
      "TCPSettings",
      {},
      {
        maxConnections: int32,
        connectTimeout: duration,
        tcpKeepalive: shape("TcpKeepalive", {}, { probes: uint32, time: duration, interval: duration }),
        maxConnectionDuration: duration,
        idleTimeout: anyDuration,
      },
    ),
    http: shape(
      "HTTPSettings",
      {},
      {
        http1MaxPendingRequests: int32,
        http2MaxRequests: int32,
        maxRequestsPerConnection: int32,
        maxRetries: int32,
        idleTimeout: duration,
        h2UpgradePolicy: oneOf("DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"),
        useClientProtocol: bool,
        maxConcurrentStreams: int32,
        http2KeepAlive: shape("HTTP2KeepAlive", {}, { interval: duration, timeout: duration }),
      },
    ),
  },
);
export type ConnectionPoolSpec = Type.Static<typeof ConnectionPool>;

const ConsistentHash = exclusive(
  shape(
    "ConsistentHashLB",
    {},
    {
      httpHeaderName: text,
      httpCookie: shape(
        "HTTPCookie",
        { name: text },
        {
          path: text,
          ttl: anyDuration,
          attributes: list(shape("CookieAttribute", { name: text }, { value: text })),
        },
      ),
      useSourceIp: bool,
      httpQueryParameterName: text,
      ringHash: shape("RingHash", {}, { minimumRingSize: count }),
      maglev: shape("MagLev", {}, { tableSize: count }),
      minimumRingSize: count,
    },
  ),
  ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"],
  ["ringHash", "maglev"],
);

const failover = {
  enabled: bool,
  failover: list(shape("Failover", {}, { from: text, to: text })),
  failoverPriority: texts,
};

const LocalityLb = shape(
  "LocalityLoadBalancerSetting",
  {},
  {
    ...failover,
    distribute: list(shape("Distribute", {}, { from: text, to: Type.Record(Type.String(), uint32) })),
  },
);

const ZoneAwareLb = shape(
  "ZoneAwareLoadBalancerSetting",
  {},
  { ...failover, minClusterSize: Type.Integer({ minimum: 1 }) },
);

export const LoadBalancer = exclusive(
  shape(
    "LoadBalancerSettings",
    {},
    {
      simple: oneOf("UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"),
      consistentHash: ConsistentHash,
      localityLbSetting: LocalityLb,
      zoneAwareLbSetting: ZoneAwareLb,
      warmup: shape("WarmupConfiguration", { duration }, { minimumPercent: double, aggression: double }),
      warmupDurationSecs: duration,
    },
  ),
  ["simple", "consistentHash"],
);
export type LoadBalancerSpec = Type.Static<typeof LoadBalancer>;

export const OutlierDetection = shape(
  "OutlierDetection",
  {},
  {
    splitExternalLocalOriginErrors: bool,
    consecutiveLocalOriginFailures: uint32,
    consecutiveGatewayErrors: uint32,
    consecutive5xxErrors: uint32,
    /** Deprecated: as consecutiveGatewayErrors. */
    consecutiveErrors: int32,
    interval: duration,
    baseEjectionTime: duration,
    maxEjectionPercent: int32,
    minHealthPercent: int32,
    outlierDetectionHttpErrorCodes: list(Type.Integer({ minimum: 100, maximum: 599 })),
  },
);
export type OutlierDetectionSpec = Type.Static<typeof OutlierDetection>;

export const ClientTls = shape(
  "ClientTLSSettings",
  {},
  {
    mode: oneOf("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"),
    clientCertificate: text,
    privateKey: text,
    caCertificates: text,
    credentialName: text,
    subjectAltNames: texts,
    sni: text,
    insecureSkipVerify: bool,
    caCrl: text,
  },
);
export type ClientTlsSpec = Type.Static<typeof ClientTls>;

const perPort = {
  loadBalancer: LoadBalancer,
  connectionPool: ConnectionPool,
  outlierDetection: OutlierDetection,
  tls: ClientTls,
};

const PortTrafficPolicy = shape("PortTrafficPolicy", {}, { port: PortSelector, ...perPort });
export type PortTrafficPolicySpec = Type.Static<typeof PortTrafficPolicy>;

export const TrafficPolicy = shape(
  "TrafficPolicy",
  {},
  {
    ...perPort,
    portLevelSettings: Type.Array(PortTrafficPolicy, { maxItems: 4096 }),
    tunnel: shape("TunnelSettings", { targetHost: text, targetPort: uint32 }, { protocol: text }),
    proxyProtocol: shape("ProxyProtocol", {}, { version: oneOf("V1", "V2") }),
    retryBudget: shape(
      "RetryBudget",
      {},
      {
        percent: Type.Number({ minimum: 0, maximum: 100 }),
        minRetryConcurrency: uint32,
        budgetInterval: anyDuration,
      },
    ),
  },
);
export type TrafficPolicySpec = Type.Static<typeof TrafficPolicy>;
