import type { JsonObject } from "@bufbuild/protobuf";
import { type AppAddress, type AppProbe, probeFilter, probeRoute } from "./app-probes.ts";
import { socketAddress, typed } from "./messages.ts";

const ADMIN_CLUSTER = "lateen-admin";

/** This Envoy's own admin interface, which listens on loopback only. */
export function adminCluster(port: number): JsonObject {
  return {
    name: ADMIN_CLUSTER,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: ADMIN_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress("127.0.0.1", port) } }] }],
    },
  };
}

/** `/healthz/ready`, where Istio's probes look: 200 once the first configuration is in force. */
export function healthListener(port: number): JsonObject {
  return httpListener({ name: "health", port, routes: [READY] });
}

export function metricsListener(port: number): JsonObject {
  return { ...httpListener({ name: "metrics", port, routes: [METRICS] }), ...WITH_LARGE_BODIES };
}

/** Where Istio's agent answers: health, metrics, and the application's probes. */
export function statusListener(port: number, probes: readonly AppProbe[], app: AppAddress): JsonObject {
  return {
    ...httpListener({
      name: "status",
      port,
      routes: [READY, METRICS, ...probes.map((probe) => probeRoute(probe, app)).filter((route) => route !== undefined)],
      filters: probes.map(probeFilter).filter((filter) => filter !== undefined),
    }),
    ...WITH_LARGE_BODIES,
  };
}

/** Of the admin interface everybody may see these paths, and nothing else. */
const READY: JsonObject = adminRoute("/healthz/ready", "/ready");
const METRICS: JsonObject = adminRoute("/stats/prometheus", "/stats/prometheus");

/** Metrics of some megabytes must fit. */
const WITH_LARGE_BODIES: JsonObject = { per_connection_buffer_limit_bytes: 64 * 1024 * 1024 };

function adminRoute(path: string, adminPath: string): JsonObject {
  return { match: { path }, route: { cluster: ADMIN_CLUSTER, prefix_rewrite: adminPath } };
}

interface HttpListener {
  name: string;
  port: number;
  routes: JsonObject[];
  filters?: JsonObject[];
}

function httpListener({ name, port, routes, filters = [] }: HttpListener): JsonObject {
  return {
    name,
    address: socketAddress("0.0.0.0", port),
    bypass_overload_manager: true,
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: typed("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
              stat_prefix: name,
              // the application sees the request as its prober wrote it
              generate_request_id: false,
              route_config: { virtual_hosts: [{ name, domains: ["*"], routes }] },
              http_filters: [
                ...filters,
                {
                  name: "envoy.filters.http.router",
                  typed_config: typed("extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }),
                },
              ],
            }),
          },
        ],
      },
    ],
  };
}
