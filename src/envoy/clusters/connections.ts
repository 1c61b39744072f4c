import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import type { HttpProtocolOptionsSchema as CommonSchema } from "#envoy/config/core/v3/protocol_pb.js";
import { HttpProtocolOptionsSchema } from "#envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { ConnectionPool, Protocol, TrafficPolicy } from "../../mesh/model.ts";
import { type Fields, pack } from "../any.ts";
import { milliseconds } from "../durations.ts";

type Init = Fields<typeof ClusterSchema>;

/** Istio's default is no limit: Envoy's own (1,024, and 3 retries) fail requests when many pods change at once. */
const UNLIMITED = 0xffff_ffff;

export function connectionOptions({ connectionPool, retryBudget }: TrafficPolicy, connectTimeoutMs: number): Init {
  const pool = connectionPool ?? {};
  return {
    connectTimeout: milliseconds(pool.connectTimeoutMs ?? connectTimeoutMs),
    circuitBreakers: {
      thresholds: [
        {
          maxConnections: pool.maxConnections || UNLIMITED,
          maxPendingRequests: pool.http1MaxPendingRequests || UNLIMITED,
          maxRequests: pool.http2MaxRequests || UNLIMITED,
          maxRetries: pool.maxRetries || UNLIMITED,
          ...(retryBudget && {
            retryBudget: {
              budgetPercent: { value: retryBudget.percent },
              minRetryConcurrency: retryBudget.minConcurrency,
            },
          }),
        },
      ],
    },
    ...(pool.tcpKeepalive && {
      upstreamConnectionOptions: {
        tcpKeepalive: {
          ...(pool.tcpKeepalive.probes && { keepaliveProbes: pool.tcpKeepalive.probes }),
          ...(pool.tcpKeepalive.timeSeconds && { keepaliveTime: pool.tcpKeepalive.timeSeconds }),
          ...(pool.tcpKeepalive.intervalSeconds && { keepaliveInterval: pool.tcpKeepalive.intervalSeconds }),
        },
      },
    }),
  };
}

/** The key under which Envoy looks for the options of HTTP upstreams. */
const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

type Upstream = NonNullable<MessageInitShape<typeof HttpProtocolOptionsSchema>["upstreamProtocolOptions"]>;

/** Nothing at all where HTTP/1.1 with Envoy's defaults is meant: that is most clusters, and each counts in memory. */
export function protocolOptions(protocol: Protocol, policy: TrafficPolicy, client: "Sidecar" | "Gateway"): Init {
  const pool = policy.connectionPool ?? {};
  const upstream = upstreamProtocol(protocol, pool, client);
  const common = commonOptions(pool);
  const names = serverNames(policy);
  if (!upstream && !common && !names) return {};
  const options = pack(HttpProtocolOptionsSchema, {
    ...(common && { commonHttpProtocolOptions: common }),
    ...(names && { upstreamHttpProtocolOptions: names }),
    upstreamProtocolOptions: upstream ?? {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "httpProtocolOptions", value: {} } },
    },
  });
  return { typedExtensionProtocolOptions: { [HTTP_OPTIONS]: options } };
}

function upstreamProtocol(
  protocol: Protocol,
  pool: ConnectionPool,
  client: "Sidecar" | "Gateway",
): Upstream | undefined {
  const streams = pool.maxConcurrentStreams ? { maxConcurrentStreams: pool.maxConcurrentStreams } : {};
  if (pool.useClientProtocol || (protocol === "Auto" && client === "Sidecar" && !pool.h2Upgrade)) {
    return {
      case: "useDownstreamProtocolConfig",
      value: { httpProtocolOptions: {}, http2ProtocolOptions: streams },
    };
  }
  if (isHttp2(protocol, pool)) {
    return {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "http2ProtocolOptions", value: streams } },
    };
  }
  return undefined;
}

/** Whether the cluster speaks HTTP/2 to every client. */
export function isHttp2(protocol: Protocol, pool: ConnectionPool): boolean {
  return !pool.useClientProtocol && (protocol === "HTTP2" || protocol === "GRPC" || pool.h2Upgrade === true);
}

function commonOptions(pool: ConnectionPool): MessageInitShape<typeof CommonSchema> | undefined {
  const idle = pool.idleTimeoutMs ?? pool.tcpIdleTimeoutMs;
  if (idle === undefined && !pool.maxRequestsPerConnection && pool.maxConnectionDurationMs === undefined)
    return undefined;
  return {
    ...(idle !== undefined && { idleTimeout: milliseconds(idle) }),
    ...(pool.maxRequestsPerConnection && { maxRequestsPerConnection: pool.maxRequestsPerConnection }),
    ...(pool.maxConnectionDurationMs !== undefined && {
      maxConnectionDuration: milliseconds(pool.maxConnectionDurationMs),
    }),
  };
}

/** Without a name in the policy, the server name is the host that the request asks for. */
function serverNames({ tls }: TrafficPolicy): { autoSni: boolean; autoSanValidation: boolean } | undefined {
  if ((tls?.mode !== "Simple" && tls?.mode !== "Mutual") || tls.sni) return undefined;
  return { autoSni: true, autoSanValidation: !tls.insecureSkipVerify && tls.subjectAltNames.length === 0 };
}
