import type { Reader } from "../../engine/derived.ts";
import type { InboundPort } from "../../mesh/inbound.ts";
import type {
  Endpoint,
  GatewayPort,
  HttpRoute,
  Labels,
  MeshSettings,
  Service,
  ServicePort,
  TrafficPolicy,
  Workload,
} from "../../mesh/model.ts";

export interface ClusterParts {
  host: string;
  port: number;
  /** "" for all of the service. */
  subset: string;
}

/** What the rows of Envoy resources are computed from: the mesh as one client (a mesh scope) sees it. */
export interface MeshRows {
  settings(read: Reader): MeshSettings;
  workload(read: Reader, key: string): Workload | undefined;
  /** `namespace/reviews-v1` of a pod, read outside of a transform. */
  ownerOf(pod: string): string | undefined;
  /** How a pod's sidecar is served: as its pod asks, else as the mesh does. */
  delivery(read: Reader, pod: string): "Lazy" | "Eager";
  /** The mesh scope of a workload as a client. */
  scopeOf(read: Reader, workload: Workload): string;
  routeTable(read: Reader, client: string, host: string, port: number): { routes: readonly HttpRoute[] } | undefined;
  /** Everything by which a client may call a host that is pushed to it: eager delivery. */
  domainsOf(read: Reader, client: string, host: string): readonly string[];
  cluster(
    read: Reader,
    client: string,
    parts: ClusterParts,
  ): { service: Service; port: ServicePort; policy: TrafficPolicy; subsetLabels: Labels } | undefined;
  /** The service at an address of its own (a cluster IP). */
  serviceAt(read: Reader, client: string, address: string, port: number): { host: string; port: number } | undefined;
  endpoints(read: Reader, host: string, port: number, labels: Labels): readonly Endpoint[];
  inbound(read: Reader, pod: string): readonly InboundPort[];
  /** Ports on which some service may speak HTTP, ascending. */
  httpPorts(read: Reader): readonly number[];
  /** CIDR ranges that hold the addresses of all services, ascending. */
  serviceRanges(read: Reader): readonly string[];
  /** Hosts of services and routes that a client can see on a port, for eager delivery. */
  hostsOn(read: Reader, client: string, port: number): readonly string[];
  gatewayPorts(read: Reader, workload: string): readonly GatewayPort[];
  gatewayHost(
    read: Reader,
    workload: string,
    routeConfig: string,
    domain: string,
  ): { routes: readonly HttpRoute[]; port: number; tls: boolean; httpsRedirect: boolean } | undefined;
}
