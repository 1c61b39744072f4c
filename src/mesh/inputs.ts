/** What the mesh model is made of: the objects of each kind, keyed `namespace/name` (`name` where cluster-scoped). */
import type { Graph } from "../engine/graph.ts";
import type { AuthorizationPolicy } from "../kinds/istio/authorization-policy.ts";
import type { DestinationRule } from "../kinds/istio/destination-rule-schema.ts";
import type { Gateway } from "../kinds/istio/gateway-schema.ts";
import type { PeerAuthentication } from "../kinds/istio/peer-authentication.ts";
import type { RequestAuthentication } from "../kinds/istio/request-authentication-schema.ts";
import type { ServiceEntry } from "../kinds/istio/service-entry-schema.ts";
import type { Sidecar } from "../kinds/istio/sidecar-schema.ts";
import type { VirtualService } from "../kinds/istio/virtual-service-schema.ts";
import type { WorkloadEntry } from "../kinds/istio/workload-entry-schema.ts";
import type { RateLimit } from "../kinds/lateen/rate-limit-schema.ts";
import type { KubeObject } from "../store/object.ts";
import type {
  ConfigMapObject,
  EndpointSliceObject,
  NamespaceObject,
  PodObject,
  SecretObject,
  ServiceObject,
} from "./kubernetes.ts";

export type MeshInputs = ReturnType<typeof meshInputs>;

export function meshInputs(graph: Graph) {
  return {
    services: graph.input<ServiceObject>("Service"),
    endpointSlices: graph.input<EndpointSliceObject>("EndpointSlice"),
    pods: graph.input<PodObject>("Pod"),
    namespaces: graph.input<NamespaceObject>("Namespace"),
    /** Only `istio-system/istio` is read. */
    configMaps: graph.input<ConfigMapObject>("ConfigMap"),
    /** Those that may hold certificates, and of their data only that: credentials.ts. */
    secrets: graph.input<SecretObject>("Secret"),
    /** Those with CA certificates. */
    caConfigMaps: graph.input<ConfigMapObject>("ConfigMap with CA certificates"),
    virtualServices: graph.input<VirtualService>("VirtualService"),
    destinationRules: graph.input<DestinationRule>("DestinationRule"),
    gateways: graph.input<Gateway>("Gateway"),
    serviceEntries: graph.input<ServiceEntry>("ServiceEntry"),
    workloadEntries: graph.input<WorkloadEntry>("WorkloadEntry"),
    sidecars: graph.input<Sidecar>("Sidecar"),
    authorizationPolicies: graph.input<AuthorizationPolicy>("AuthorizationPolicy"),
    rateLimits: graph.input<RateLimit>("RateLimit"),
    requestAuthentications: graph.input<RequestAuthentication>("RequestAuthentication"),
    /** JSON Web Key Sets that were fetched, by the key of what wants them: security/request-authentication.ts. */
    keySets: graph.input<string>("key sets"),
    /** Why one cannot be fetched, or not any more. */
    keySetProblems: graph.input<string>("problems of key sets"),
    peerAuthentications: graph.input<PeerAuthentication>("PeerAuthentication"),
    gatewayClasses: graph.input<KubeObject>("GatewayClass"),
    k8sGateways: graph.input<KubeObject>("Gateway API Gateway"),
    listenerSets: graph.input<KubeObject>("ListenerSet"),
    httpRoutes: graph.input<KubeObject>("HTTPRoute"),
    grpcRoutes: graph.input<KubeObject>("GRPCRoute"),
    tlsRoutes: graph.input<KubeObject>("TLSRoute"),
    tcpRoutes: graph.input<KubeObject>("TCPRoute"),
    backendTlsPolicies: graph.input<KubeObject>("BackendTLSPolicy"),
    referenceGrants: graph.input<KubeObject>("ReferenceGrant"),
  };
}
