/**
 * The configuration that an Envoy starts with: who it is, how it reaches the control plane, and the ports for its
 * health and metrics. All else comes over the one delta stream.
 */
import type { JsonObject } from "@bufbuild/protobuf";
import { probeCluster } from "./bootstrap/app-probes.ts";
import { identityCluster } from "./bootstrap/identity-cluster.ts";
import { socketAddress } from "./bootstrap/messages.ts";
import {
  adminCluster,
  healthListener,
  metricsListener,
  type StatusPort,
  statusListener,
} from "./bootstrap/static-listeners.ts";
import { STATS_CONFIG } from "./bootstrap/stats.ts";

/** Ports as Istio's; every sidecar has a network namespace of its own. */
const ADMIN_PORT = 15000;
const HEALTH_PORT = 15021;
const METRICS_PORT = 15090;

export interface BootstrapParams {
  type: "sidecar" | "router";
  pod: PodIdentity;
  clusterDomain: string;
  xds: XdsParams;
  /** The port of Istio's agent, and what it answers for the application; none for no such port. */
  status?: StatusPort;
  /** Path of the socket of an agent that gives the proxy its certificate, in place of the control plane. */
  identitySocket?: string;
  /** Of Envoy's runtime. */
  runtime?: Readonly<Record<string, string>>;
  /** Shown to the control plane and in config dumps; nothing is trusted in it. */
  metadata?: JsonObject;
  /**
   * Set on every connection to an upstream: where the proxy has the same user as its application, redirection spares
   * connections by this mark. The connection to the control plane cannot be marked; its port must be spared.
   */
  socketMark?: number;
}

export interface PodIdentity {
  name: string;
  namespace: string;
  ip: string;
}

export interface XdsParams {
  /** `istiod.istio-system.svc:15012` */
  address: string;
  /** Path of the root certificate that the control plane's is checked against. */
  rootCertificate: string;
  /** Path of the token that says who this is; read again for every new stream. */
  token: string;
}

/** What a container's `args` may hold for Kubernetes to fill in, from `env` with the downward API. */
export const KUBERNETES_POD: PodIdentity = {
  name: "$(POD_NAME)",
  namespace: "$(POD_NAMESPACE)",
  ip: "$(INSTANCE_IP)",
};

export const SIDECAR_MARK = 1337;

/** Envoy's node id, which says who it is to people and to Istio's tools. */
function nodeId(type: BootstrapParams["type"], pod: PodIdentity, clusterDomain: string): string {
  return `${type}~${pod.ip}~${pod.name}.${pod.namespace}~${pod.namespace}.svc.${clusterDomain}`;
}

export function bootstrap(params: BootstrapParams): JsonObject {
  const { type, pod, clusterDomain, xds, status, socketMark } = params;
  return {
    node: {
      id: nodeId(type, pod, clusterDomain),
      cluster: pod.namespace,
      metadata: {
        NAME: pod.name,
        NAMESPACE: pod.namespace,
        INSTANCE_IPS: pod.ip,
        CLUSTER_ID: "Kubernetes",
        ...params.metadata,
      },
    },
    admin: { address: socketAddress("127.0.0.1", ADMIN_PORT) },
    dynamic_resources: {
      // zero: not ready before the control plane has answered
      lds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
      cds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
      ads_config: {
        api_type: "DELTA_GRPC",
        transport_api_version: "V3",
        // else every acknowledgement carries the node: tens of kilobytes
        set_node_on_first_message_only: true,
        grpc_services: [controlPlane(xds)],
      },
    },
    static_resources: {
      clusters: [
        adminCluster(ADMIN_PORT),
        ...(params.identitySocket === undefined ? [] : [identityCluster(params.identitySocket)]),
        ...(status?.probes ?? []).map((probe) => probeCluster(probe, pod.ip)),
      ],
      listeners: [
        healthListener(HEALTH_PORT),
        metricsListener(METRICS_PORT),
        ...(status ? [statusListener(status, pod.ip)] : []),
      ],
    },
    ...(socketMark !== undefined && { cluster_manager: { upstream_bind_config: marked(socketMark) } }),
    stats_config: STATS_CONFIG,
    // nobody reads statistics in between
    stats_flush_on_admin: true,
    layered_runtime: {
      layers: [
        {
          name: "static",
          static_layer: {
            // users' regular expressions; Envoy's own bound refuses modest ones
            "re2.max_program_size.error_level": 32768,
            ...params.runtime,
          },
        },
        // for what is set while Envoy runs: LEAVING
        { name: "admin", admin_layer: {} },
      ],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type":
              "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            max_active_downstream_connections: "2147483647",
          },
        },
      ],
    },
  };
}

export interface EnvoyOptions {
  /** Worker threads; 0 is one for each CPU. */
  concurrency?: number;
  logLevel?: string;
  componentLogLevel?: string;
  drainSeconds?: number;
}

/** Envoy's command line for this bootstrap, as container args or for a process. */
export function envoyArgs(config: JsonObject, options: EnvoyOptions = {}): string[] {
  return [
    "--config-yaml",
    JSON.stringify(config),
    // Envoy counts the CPUs that it may use when it is told nothing, and takes 0 for 1
    ...(options.concurrency === 0 ? [] : ["--concurrency", String(options.concurrency ?? 2)]),
    "--log-level",
    options.logLevel ?? "warning",
    ...(options.componentLogLevel ? ["--component-log-level", options.componentLogLevel] : []),
    // its shared memory would be that of every other Envoy on this machine
    "--disable-hot-restart",
    "--local-address-ip-version",
    "v4",
    "--drain-time-s",
    String(options.drainSeconds ?? 45),
    "--drain-strategy",
    "immediate",
  ];
}

function controlPlane({ address, rootCertificate, token }: XdsParams): JsonObject {
  return {
    google_grpc: {
      target_uri: address,
      stat_prefix: "xds-grpc",
      channel_credentials: { ssl_credentials: { root_certs: { filename: rootCertificate } } },
      credentials_factory_name: "envoy.grpc_credentials.file_based_metadata",
      call_credentials: [
        {
          from_plugin: {
            name: "envoy.grpc_credentials.file_based_metadata",
            typed_config: {
              "@type": "type.googleapis.com/envoy.config.grpc_credential.v3.FileBasedMetadataConfig",
              secret_data: { filename: token },
              header_key: "authorization",
              header_prefix: "Bearer ",
            },
          },
        },
      ],
      channel_args: {
        args: {
          // a response above the default 4 MB would end the stream, again and again
          "grpc.max_receive_message_length": { int_value: -1 },
          "grpc.keepalive_time_ms": { int_value: 30_000 },
          "grpc.keepalive_timeout_ms": { int_value: 20_000 },
          "grpc.http2.max_pings_without_data": { int_value: 0 },
          // back within a second or two of the control plane's return
          "grpc.initial_reconnect_backoff_ms": { int_value: 200 },
          "grpc.min_reconnect_backoff_ms": { int_value: 1_000 },
          "grpc.max_reconnect_backoff_ms": { int_value: 2_000 },
        },
      },
    },
    retry_policy: { retry_back_off: { base_interval: "0.2s", max_interval: "2s" } },
  };
}

/** Linux' SOL_SOCKET and SO_MARK. */
function marked(mark: number): JsonObject {
  return {
    socket_options: [{ description: "mark", level: 1, name: 36, int_value: mark, state: "STATE_PREBIND" }],
  };
}
