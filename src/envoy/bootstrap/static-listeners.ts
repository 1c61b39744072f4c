import type { JsonObject } from "@bufbuild/protobuf";

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
  return adminPath("health", port, "/healthz/ready", "/ready");
}

export function metricsListener(port: number): JsonObject {
  return {
    ...adminPath("metrics", port, "/stats/prometheus", "/stats/prometheus"),
    // a body of some megabytes must fit
    per_connection_buffer_limit_bytes: 64 * 1024 * 1024,
  };
}

/** Shows one path of the admin interface to everybody, and nothing else of it. */
function adminPath(name: string, port: number, path: string, adminPath: string): JsonObject {
  return {
    name,
    address: socketAddress("0.0.0.0", port),
    bypass_overload_manager: true,
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type":
                "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              stat_prefix: name,
              route_config: {
                virtual_hosts: [
                  {
                    name,
                    domains: ["*"],
                    routes: [{ match: { path }, route: { cluster: ADMIN_CLUSTER, prefix_rewrite: adminPath } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: "envoy.filters.http.router",
                  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

function socketAddress(address: string, port: number): JsonObject {
  return { socket_address: { address, port_value: port } };
}
