/**
 * The mesh as Lateen understands it: services, endpoints, routes and policies, whatever API they were written in.
 * Produced from Kubernetes objects (this folder), turned into Envoy resources by src/envoy. Plain immutable data.
 */
import type { HeldCredential } from "./held-credential.ts";
import type { ExtAuthzProvider } from "./security/extension-providers.ts";

/** The object that something came from: for statuses, explanations, and to say whose resource a proxy rejected. */
export interface ObjectRef {
  /** `networking.istio.io/VirtualService`; core kinds have no slash. */
  kind: string;
  namespace: string;
  name: string;
}

/** `HTTP2` includes cleartext HTTP/2; `Auto` is detected per connection. */
export type Protocol = "HTTP" | "HTTP2" | "GRPC" | "HTTPS" | "TLS" | "TCP" | "UDP" | "Auto";

export interface ServicePort {
  name: string;
  number: number;
  protocol: Protocol;
  /** Port of the endpoints when it is a number (EndpointSlices have the resolved ones). */
  targetPort?: number;
}

/**
 * How endpoints are found. `Endpoints`: from EndpointSlices, WorkloadEntries or the ServiceEntry's own list.
 * `DNS`: strict DNS of the endpoints' (or the service's) names. `DNSRoundRobin`: logical DNS.
 * `Passthrough`: the address that the client asked for (headless services without ready names, resolution NONE).
 */
export type Resolution = "Endpoints" | "DNS" | "DNSRoundRobin" | "Passthrough";

export interface Service {
  /** Fully qualified: `reviews.default.svc.cluster.local`, or a ServiceEntry's host, which may start with `*.`. */
  host: string;
  namespace: string;
  origin: ObjectRef;
  ports: readonly ServicePort[];
  /** Cluster IPs, or a ServiceEntry's addresses; empty for headless services. */
  addresses: readonly string[];
  resolution: Resolution;
  /** A Kubernetes Service without cluster IP: its name resolves to its pods. */
  headless: boolean;
  meshExternal: boolean;
  /** `*`, or namespaces. */
  exportTo: readonly string[];
  subjectAltNames: readonly string[];
  /** Names that the endpoints of a DNS service are resolved from, with their port by service port name. */
  dnsEndpoints: readonly {
    host: string;
    ports: Readonly<Record<string, number>>;
    weight: number;
    labels: Labels;
    locality: string;
    serviceAccount: string;
    meshed: boolean;
  }[];
  /** Unix milliseconds: the older of two that claim a host wins. */
  createdAt: number;
}

export type Labels = Readonly<Record<string, string>>;

export interface Endpoint {
  /** IP address, or `unix:///path`. */
  address: string;
  port: number;
  labels: Labels;
  /** `Draining`: finishes what it has, gets nothing new unless nothing else is left. Unready ones are left out. */
  health: "Healthy" | "Draining";
  /** `region/zone/subzone`, or "". */
  locality: string;
  weight: number;
  /** Of the workload behind it, for metrics and mTLS; "" where unknown. */
  workload: string;
  namespace: string;
  serviceAccount: string;
  /** Whether a sidecar is there that ends mutual TLS, on this port. */
  meshed: boolean;
}

/** All endpoints of one port of a service; key `HOST|PORT`. Subsets are taken from it by label. */
export interface EndpointGroup {
  host: string;
  port: number;
  endpoints: readonly Endpoint[];
}

/** A pod (later also a WorkloadEntry) as the mesh sees it; key `namespace/name`. */
export interface Workload {
  name: string;
  namespace: string;
  /** The Deployment (or other owner) it belongs to: `reviews-v1`. What a workload uses is remembered by it. */
  workload: string;
  addresses: readonly string[];
  labels: Labels;
  serviceAccount: string;
  node: string;
  /** Whether it has an Envoy of ours, and which. */
  proxy: "Sidecar" | "Gateway" | "None";
  interception: "REDIRECT" | "NONE";
  /** Only at these ports connections come to the proxy. Absent: at all. */
  captured?: readonly number[];
  /** Not at these. */
  bypassed?: readonly number[];
  /** `Socket`: its proxy gets its certificate from an agent beside it, such as SPIRE's; absent: from the control plane. */
  identity?: "Socket";
  locality: string;
}

// ---- Matching

export type StringMatch =
  | { type: "Exact"; value: string; ignoreCase?: boolean }
  | { type: "Prefix"; value: string; ignoreCase?: boolean }
  /** RE2, must match the whole. */
  | { type: "Regex"; value: string }
  | { type: "Present" };

/** `PathPrefix` is the Gateway API's: by whole path elements. */
export type PathMatch = StringMatch | { type: "PathPrefix"; value: string };

export interface NamedMatch {
  name: string;
  match: StringMatch;
  /** Matches when `match` does not. */
  invert?: boolean;
}

export interface HttpMatch {
  path?: PathMatch;
  method?: StringMatch;
  scheme?: StringMatch;
  authority?: StringMatch;
  headers: readonly NamedMatch[];
  queryParams: readonly NamedMatch[];
  /** Of the request's verified token; only gateways know them. */
  claims?: readonly ClaimMatch[];
}

export interface ClaimMatch {
  /** `["realm_access", "roles"]`: the claim `roles` of the claim `realm_access`. */
  path: readonly string[];
  /** Of the claim itself, or of one in its list. */
  match: StringMatch;
  /** Matches when `match` does not. */
  invert?: boolean;
}

// ---- HTTP routes

export interface HeaderOperations {
  set: Readonly<Record<string, string>>;
  add: Readonly<Record<string, string>>;
  remove: readonly string[];
}

/** One cluster to send to. */
export interface Destination {
  host: string;
  port: number;
  /** "" for all of the service. */
  subset: string;
  weight: number;
  requestHeaders?: HeaderOperations;
  responseHeaders?: HeaderOperations;
  /** Rewrites the authority to this (the Gateway API's per-backend URLRewrite). */
  hostRewrite?: string;
}

export interface Redirect {
  /** Absent parts stay as in the request. */
  scheme?: string;
  authority?: string;
  /** A number is left out of the Location where it is the scheme's own, unless it is explicit. */
  port?: number | { explicit: number } | "FromProtocol" | "FromRequest";
  path?: { type: "Full"; value: string } | { type: "Prefix"; value: string };
  code: 301 | 302 | 303 | 307 | 308;
}

export interface DirectResponse {
  status: number;
  body?: string | Uint8Array;
}

export type HttpAction =
  | { type: "Forward"; destinations: readonly Destination[] }
  | { type: "Redirect"; redirect: Redirect }
  | { type: "DirectResponse"; response: DirectResponse };

export interface Rewrite {
  authority?: string;
  path?:
    | { type: "Full"; value: string }
    /** Replaces the matched prefix. */
    | { type: "Prefix"; value: string }
    | { type: "Regex"; match: string; substitution: string };
}

export interface Retries {
  attempts: number;
  perTryTimeoutMs?: number;
  /** Envoy's retry_on terms; empty: Istio's default. */
  on: readonly string[];
  retriableStatusCodes: readonly number[];
  backoffMs?: number;
  retryRemoteLocalities?: boolean;
  ignorePreviousHosts?: boolean;
}

export interface Fault {
  delay?: { fixedMs: number; percent: number };
  abort?: { percent: number } & ({ httpStatus: number } | { grpcStatus: number });
}

export interface Mirror {
  destination: Destination;
  percent: number;
}

export interface CorsPolicy {
  allowOrigins: readonly StringMatch[];
  allowMethods: readonly string[];
  allowHeaders: readonly string[];
  exposeHeaders: readonly string[];
  maxAgeSeconds?: number;
  allowCredentials?: boolean;
  /** What a preflight that matches no origin gets. */
  unmatchedPreflights?: "Forward" | "Ignore";
}

export interface HttpRoute {
  /** Of the rule, "" when it has none. */
  name: string;
  origin: ObjectRef;
  /** Any of these; empty matches everything. Already narrowed to the client (port, source labels, gateway). */
  matches: readonly HttpMatch[];
  /** Of 100 requests that match, how many this is for: the others go on to the next route. Absent: all. */
  percent?: number;
  action: HttpAction;
  rewrite?: Rewrite;
  /** 0 disables; absent: the proxy's default (no timeout). */
  timeoutMs?: number;
  /** Absent: Istio's default of two retries on connect failures; attempts 0: none. */
  retries?: Retries;
  fault?: Fault;
  mirrors: readonly Mirror[];
  cors?: CorsPolicy;
  requestHeaders?: HeaderOperations;
  responseHeaders?: HeaderOperations;
  statPrefix?: string;
}

// ---- TCP and TLS routes

export interface TcpRoute {
  name: string;
  origin: ObjectRef;
  /** TLS routes: names of the ClientHello; empty matches any. */
  sniHosts: readonly string[];
  destinationSubnets: readonly string[];
  destinations: readonly Destination[];
}

// ---- Traffic policy (DestinationRule and its like), merged for one cluster

export type LoadBalancer =
  | { type: "LeastRequest" | "RoundRobin" | "Random"; warmup?: Warmup }
  | { type: "Passthrough" }
  | {
      type: "RingHash" | "Maglev";
      on:
        | { type: "Header"; name: string }
        | { type: "Cookie"; name: string; path?: string; ttlSeconds: number }
        | { type: "SourceIp" }
        | { type: "QueryParameter"; name: string };
      /** RingHash. */
      minimumRingSize?: number;
      /** Maglev: a prime. */
      tableSize?: number;
    };

export interface Warmup {
  durationSeconds: number;
  minimumPercent?: number;
  aggression?: number;
}

export interface OutlierDetection {
  consecutive5xx?: number;
  consecutiveGatewayErrors?: number;
  consecutiveLocalOriginFailures?: number;
  splitLocalOriginErrors?: boolean;
  intervalMs?: number;
  baseEjectionMs?: number;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
}

export interface ConnectionPool {
  maxConnections?: number;
  connectTimeoutMs?: number;
  tcpKeepalive?: { probes?: number; timeSeconds?: number; intervalSeconds?: number };
  maxConnectionDurationMs?: number;
  tcpIdleTimeoutMs?: number;
  http1MaxPendingRequests?: number;
  http2MaxRequests?: number;
  maxRequestsPerConnection?: number;
  maxRetries?: number;
  idleTimeoutMs?: number;
  /** Upgrade HTTP/1.1 to HTTP/2 towards the service. */
  h2Upgrade?: boolean;
  useClientProtocol?: boolean;
  maxConcurrentStreams?: number;
}

export interface ClientTls {
  mode: "Disable" | "Simple" | "Mutual" | "IstioMutual";
  sni?: string;
  subjectAltNames: readonly string[];
  caCertificates?: string;
  clientCertificate?: string;
  privateKey?: string;
  credentialName?: string;
  /** By the Gateway API: instead of what `credentialName` would give. */
  roots?: HeldCredential;
  certificate?: HeldCredential;
  insecureSkipVerify?: boolean;
}

export interface LocalityBalancing {
  enabled: boolean;
  distribute: readonly { from: string; to: Readonly<Record<string, number>> }[];
  failover: readonly { from: string; to: string }[];
  failoverPriority: readonly string[];
}

export interface TrafficPolicy {
  origin?: ObjectRef;
  loadBalancer?: LoadBalancer;
  locality?: LocalityBalancing;
  connectionPool?: ConnectionPool;
  outlierDetection?: OutlierDetection;
  tls?: ClientTls;
  proxyProtocol?: "V1" | "V2";
  retryBudget?: { percent: number; minConcurrency: number };
}

/** A DestinationRule for one host, as found for one client. */
export interface DestinationPolicy {
  host: string;
  origins: readonly ObjectRef[];
  /** It is for certain workloads of its namespace only. */
  selective: boolean;
  policy: TrafficPolicy;
  /** By port number, already merged over `policy`. */
  ports: Readonly<Record<number, TrafficPolicy>>;
  subsets: readonly {
    name: string;
    labels: Labels;
    policy: TrafficPolicy;
    ports: Readonly<Record<number, TrafficPolicy>>;
  }[];
}

// ---- Mesh-wide settings

/** What becomes of `x-forwarded-client-cert`, in Envoy's words. */
export type ForwardClientCert = "SANITIZE" | "FORWARD_ONLY" | "APPEND_FORWARD" | "SANITIZE_SET" | "ALWAYS_FORWARD_ONLY";

/** `NONE` takes paths as they come; `BASE` resolves `.`, `..` and what need not be encoded; the others do more. */
export type PathNormalization = "NONE" | "BASE" | "MERGE_SLASHES" | "DECODE_AND_MERGE_SLASHES";

/** The part of MeshConfig (ConfigMap `istio`, key `mesh`) and of Lateen's own settings that the model needs. */
export interface MeshSettings {
  rootNamespace: string;
  clusterDomain: string;
  trustDomain: string;
  /** Trust domains whose workloads count as ours: those of meshes that this one was, or is joined with. */
  trustDomainAliases: readonly string[];
  extAuthzProviders: readonly ExtAuthzProvider[];
  /** What a request's path is made to be before anything looks at it. */
  pathNormalization: PathNormalization;
  /** How many proxies before our gateways add to `x-forwarded-for` what is true. */
  trustedProxies: number;
  /** At gateways: what strangers say of who called them, and what is added. */
  gatewayClientCert: ForwardClientCert;
  /** Mutual TLS to whoever can end it, where no rule says how to speak to a service. */
  autoMtls: boolean;
  /** Of mutual TLS between proxies. */
  meshTls: { minVersion: "TLSV1_2" | "TLSV1_3"; cipherSuites: readonly string[] };
  outboundTrafficPolicy: "ALLOW_ANY" | "REGISTRY_ONLY";
  /** Whether sidecars fetch configuration when first needed, or get all of it pushed. */
  delivery: "Lazy" | "Eager";
  /** Where inside the network the control plane may fetch issuers' keys: networks in CIDR notation, and hosts. */
  jwks: { allowedNetworks: readonly string[]; allowedHosts: readonly string[] };
  accessLogFile: string;
  defaultHttpRetries: number;
  connectTimeoutMs: number;
}
