/**
 * The kubelet's probes of an application, answered by its proxy: a path on the status port for each. All of it is in the
 * bootstrap, so that it works whatever the control plane says, and whatever the mesh demands of clients.
 */
import type { JsonObject } from "@bufbuild/protobuf";
import { socketAddress, typed } from "./messages.ts";

/** What a probe asks of the application, and the path by which the proxy is asked for it. */
export type AppProbe = { path: string; port: number; timeoutSeconds: number } & (
  | { type: "Http"; targetPath: string; tls: boolean /** The prober says which host it asks for. */; ownHost: boolean }
  | { type: "Tcp"; periodSeconds: number }
  | { type: "Grpc"; periodSeconds: number; service: string }
);

/** The address at which the application is called, as the kubelet and the mesh call it: the pod's own. */
export type AppAddress = string;

/** From this address redirection lets connections through to the application. */
const SOURCE = "127.0.0.6";

/** How often an application that does not answer yet is tried, so that it is ready as soon as it can be. */
const UNANSWERED_INTERVAL = "0.25s";

/** How the names of their clusters begin. */
export const PROBE_CLUSTERS = "lateen-probe";

function clusterName({ path }: AppProbe): string {
  return `${PROBE_CLUSTERS}${path.replaceAll("/", "|")}`;
}

export function probeCluster(probe: AppProbe, address: AppAddress): JsonObject {
  const name = clusterName(probe);
  return {
    name,
    type: "STATIC",
    connect_timeout: `${probe.timeoutSeconds}s`,
    upstream_bind_config: { source_address: { address: SOURCE, port_value: 0 } },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(address, probe.port) } }] }],
    },
    ...protocol(probe, address),
  };
}

function protocol(probe: AppProbe, address: AppAddress): JsonObject {
  switch (probe.type) {
    case "Http":
      return {
        // a connection of its own for each probe, as the kubelet makes it
        ...httpOptions({ explicit_http_config: { http_protocol_options: {} } }, { max_requests_per_connection: 1 }),
        // without verification, as the kubelet: the certificate is for others
        ...(probe.tls && {
          transport_socket: {
            name: "envoy.transport_sockets.tls",
            typed_config: typed("extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
          },
        }),
      };
    case "Tcp":
      return { health_checks: [{ ...checks(probe), tcp_health_check: {} }] };
    case "Grpc":
      return {
        ...httpOptions({ explicit_http_config: { http2_protocol_options: {} } }),
        health_checks: [
          {
            ...checks(probe),
            // without it the authority would be the cluster's name, which is none
            grpc_health_check: { service_name: probe.service, authority: `${address}:${probe.port}` },
          },
        ],
      };
  }
}

function httpOptions(upstream: JsonObject, common?: JsonObject): JsonObject {
  return {
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        { ...upstream, ...(common && { common_http_protocol_options: common }) },
      ),
    },
  };
}

/** One failure is one failure: how many of them count is for the kubelet to say. */
function checks({ timeoutSeconds, periodSeconds }: { timeoutSeconds: number; periodSeconds: number }): JsonObject {
  const period = `${periodSeconds}s`;
  return {
    timeout: `${timeoutSeconds}s`,
    interval: period,
    unhealthy_interval: UNANSWERED_INTERVAL,
    // these hold instead while a cluster has no other traffic, which is always
    no_traffic_healthy_interval: period,
    no_traffic_interval: UNANSWERED_INTERVAL,
    healthy_threshold: 1,
    unhealthy_threshold: 1,
    reuse_connection: false,
  };
}

/** How the status port answers for it: by passing the request on, or by what the last check found. */
export function probeRoute(probe: AppProbe, address: AppAddress): JsonObject | undefined {
  if (probe.type !== "Http") return undefined;
  return {
    match: { path: probe.path },
    route: {
      cluster: clusterName(probe),
      prefix_rewrite: probe.targetPath,
      ...(!probe.ownHost && { host_rewrite_literal: `${address}:${probe.port}` }),
      timeout: `${probe.timeoutSeconds}s`,
    },
    request_headers_to_remove: ["x-forwarded-proto"],
    // a redirect counts as success; the kubelet would follow it to where the application is not
    response_headers_to_remove: ["location"],
  };
}

export function probeFilter(probe: AppProbe): JsonObject | undefined {
  if (probe.type === "Http") return undefined;
  return {
    name: "envoy.filters.http.health_check",
    typed_config: typed("extensions.filters.http.health_check.v3.HealthCheck", {
      pass_through_mode: false,
      headers: [{ name: ":path", string_match: { exact: probe.path } }],
      cluster_min_healthy_percentages: { [clusterName(probe)]: { value: 100 } },
    }),
  };
}
