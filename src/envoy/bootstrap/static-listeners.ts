import type { JsonObject } from "@bufbuild/protobuf";
import { FAULT } from "../http-filters/names.ts";
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

export interface StatusPort {
  port: number;
  /** Of the application, which this proxy answers. */
  probes: readonly AppProbe[];
  /** How long an answer at LEAVE_PATH takes; 0 for none. */
  leaveSeconds: number;
}

/** Where Istio's agent answers: health, metrics, and the application's probes. */
export function statusListener({ port, probes, leaveSeconds }: StatusPort, app: AppAddress): JsonObject {
  return {
    ...httpListener({
      name: "status",
      port,
      routes: [
        READY,
        METRICS,
        ...probes.map((probe) => probeRoute(probe, app)).filter((route) => route !== undefined),
        ...(leaveSeconds > 0 ? [leaveRoute(leaveSeconds)] : []),
      ],
      filters: [
        ...probes.map(probeFilter).filter((filter) => filter !== undefined),
        ...(leaveSeconds > 0 ? [{ name: FAULT, typed_config: typed(FAULT_CONFIG) }] : []),
      ],
    }),
    ...WITH_LARGE_BODIES,
  };
}

/** What a container waits for before it is told to end: Kubernetes has a hook that sleeps only since 1.30. */
export const LEAVE_PATH = "/app-lifecycle/leave";

const FAULT_CONFIG = "extensions.filters.http.fault.v3.HTTPFault";

function leaveRoute(seconds: number): JsonObject {
  const delay = { fixed_delay: `${seconds}s`, percentage: { numerator: 100 } };
  return {
    match: { path: LEAVE_PATH },
    direct_response: { status: 200 },
    typed_per_filter_config: { [FAULT]: typed(FAULT_CONFIG, { delay }) },
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
