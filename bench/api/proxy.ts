import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Client, type ClientDuplexStream, type ClientOptions, credentials, Metadata } from "@grpc/grpc-js";
import { Cluster_DiscoveryType, ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import { HttpConnectionManagerSchema } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "#envoy/service/discovery/v3/discovery_pb.js";
import { CLUSTER, LISTENER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../../src/envoy/types.ts";

const METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

/** As Envoy's bootstrap has them; without the first, a response over 4 MB would end the stream. */
const CHANNEL: ClientOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.use_local_subchannel_pool": 1,
};

export interface ProxyOptions {
  /** `host:port` of the control plane. */
  address: string;
  /** PEM of the root that signs its certificate, and the name in that certificate. */
  root: Buffer;
  serverName: string;
  token: string;
  nodeId: string;
  /** What istiod reads of a node; Lateen needs none of it. */
  metadata: Record<string, string | Record<string, string>>;
  /** Hosts that the workload asks for as it goes, where the control plane serves virtual hosts on demand. */
  hosts: readonly string[];
}

/**
 * A sidecar as the control plane sees one: a stream of delta ADS on which it asks for clusters and listeners, then for
 * what these refer to, and acknowledges everything. It reads no more than it needs for that.
 */
export class SimulatedProxy {
  bytes = 0;
  messages = 0;
  /** Milliseconds of `performance.now()`; 0 before anything came. */
  lastHeard = 0;
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<DeltaDiscoveryRequest, Buffer>;
  readonly #asked = new Map<string, Set<string>>();
  readonly #hosts: readonly string[];

  constructor(options: ProxyOptions, onError: (error: Error) => void) {
    const channel = { ...CHANNEL, "grpc.ssl_target_name_override": options.serverName };
    this.#client = new Client(options.address, credentials.createSsl(options.root), channel);
    this.#hosts = options.hosts;
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${options.token}`);
    const encode = (request: DeltaDiscoveryRequest): Buffer =>
      Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request));
    this.#stream = this.#client.makeBidiStreamRequest(METHOD, encode, (frame: Buffer) => frame, metadata);
    this.#stream.on("data", (frame: Buffer) => this.#receive(frame));
    this.#stream.on("error", onError);
    const node = {
      id: options.nodeId,
      metadata: options.metadata,
      userAgentName: "envoy",
      userAgentVersionType: {
        case: "userAgentBuildVersion" as const,
        value: { version: { majorNumber: 1, minorNumber: 40, patch: 0 } },
      },
    };
    this.#stream.write(create(DeltaDiscoveryRequestSchema, { typeUrl: CLUSTER, node }));
    this.#stream.write(create(DeltaDiscoveryRequestSchema, { typeUrl: LISTENER }));
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }

  #receive(frame: Buffer): void {
    this.bytes += frame.length;
    this.messages++;
    this.lastHeard = performance.now();
    const { typeUrl, nonce, resources } = fromBinary(DeltaDiscoveryResponseSchema, frame);
    this.#stream.write(create(DeltaDiscoveryRequestSchema, { typeUrl, responseNonce: nonce }));
    const bodies = resources.flatMap(({ resource }) => (resource ? [resource] : []));
    if (typeUrl === CLUSTER) this.#ask(LOAD_ASSIGNMENT, bodies.flatMap(assignmentOf));
    if (typeUrl === LISTENER) this.#ask(ROUTE_CONFIGURATION, bodies.flatMap(routesOf));
    if (typeUrl === ROUTE_CONFIGURATION) this.#askForHosts(bodies);
  }

  #askForHosts(bodies: readonly Any[]): void {
    const onDemand = bodies.flatMap((body) => {
      const routes = anyUnpack(body, RouteConfigurationSchema);
      return routes?.vhds ? [routes.name] : [];
    });
    if (onDemand.length === 0) return;
    if (!this.#asked.has(VIRTUAL_HOST))
      this.#stream.write(create(DeltaDiscoveryRequestSchema, { typeUrl: VIRTUAL_HOST }));
    const names = onDemand
      .filter((name) => name === "80")
      .flatMap((name) => this.#hosts.map((host) => `${name}/${host}`));
    this.#ask(VIRTUAL_HOST, names);
  }

  #ask(typeUrl: string, names: readonly string[]): void {
    const asked = this.#asked.get(typeUrl) ?? new Set();
    this.#asked.set(typeUrl, asked);
    const resourceNamesSubscribe = [...new Set(names)].filter((name) => !asked.has(name));
    if (resourceNamesSubscribe.length === 0) return;
    for (const name of resourceNamesSubscribe) asked.add(name);
    this.#stream.write(create(DeltaDiscoveryRequestSchema, { typeUrl, resourceNamesSubscribe }));
  }
}

/** The endpoints that a cluster refers to. */
function assignmentOf(body: Any): string[] {
  const cluster = anyUnpack(body, ClusterSchema);
  if (cluster?.clusterDiscoveryType.value !== Cluster_DiscoveryType.EDS) return [];
  return [cluster.edsClusterConfig?.serviceName || cluster.name];
}

/** The route configurations that a listener refers to. */
function routesOf(body: Any): string[] {
  const listener = anyUnpack(body, ListenerSchema);
  if (!listener) return [];
  const chains = listener.defaultFilterChain
    ? [...listener.filterChains, listener.defaultFilterChain]
    : listener.filterChains;
  return chains.flatMap(({ filters }) =>
    filters.flatMap(({ configType }) => {
      const manager = configType.case === "typedConfig" && anyUnpack(configType.value, HttpConnectionManagerSchema);
      const specifier = manager ? manager.routeSpecifier : undefined;
      return specifier?.case === "rds" ? [specifier.value.routeConfigName] : [];
    }),
  );
}
