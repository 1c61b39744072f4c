import type { JsonObject } from "@bufbuild/protobuf";
import { INBOUND_PORT } from "../names.ts";
import { PROBE_CLUSTERS } from "./app-probes.ts";

/**
 * Which statistics Envoy keeps: those of itself and of its control plane, and what metrics are made of. Statistics of
 * each cluster would cost more memory than the clusters. The tags take the names that end in `;` (names.ts) apart.
 */
export const STATS_CONFIG: JsonObject = {
  use_all_default_tags: false,
  stats_tags: [
    { tag_name: "cluster_name", regex: "^cluster\\.((.+?);\\.)" },
    { tag_name: "http_conn_manager_prefix", regex: "^http\\.((.+?);\\.)" },
    { tag_name: "tcp_prefix", regex: "^tcp\\.((.+?);\\.)" },
    { tag_name: "response_code", regex: "_rq(_(\\d{3}))$" },
    { tag_name: "response_code_class", regex: "_rq(_(\\dxx))$" },
  ],
  stats_matcher: {
    inclusion_list: {
      patterns: [
        "cluster_manager",
        "listener_manager",
        "server",
        "control_plane",
        "cluster.xds-grpc",
        "lateen",
        // whether anyone ever called: a proxy that nobody knows need not wait at its end
        `listener.0.0.0.0_${INBOUND_PORT}.downstream_cx_total`,
      ]
        .map((prefix): JsonObject => ({ prefix }))
        // who was denied, and who would be by policies that are only tried: Istio keeps these too
        .concat(["rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied"].map((suffix) => ({ suffix })))
        // Envoy answers a probe from these statistics of its cluster
        .concat({ safe_regex: { regex: `^cluster\\.${PROBE_CLUSTERS}.*\\.membership_.*` } }),
    },
  },
};
