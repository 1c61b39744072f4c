/** Gateways of classes that are ours: who serves them, and what of their listeners can be served. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Credentials } from "../credentials.ts";
import type { HeldCredential } from "../held-credential.ts";
import type { NamespaceObject, ServiceObject } from "../kubernetes.ts";
import type { MeshSettings } from "../model.ts";
import type { Workloads } from "../workloads.ts";
import { type CertificateContext, keyPairs } from "./certificates.ts";
import { clusterDomainOf } from "./cluster-domain.ts";
import type { Fault } from "./conditions.ts";
import {
  deployedName,
  ipAddresses,
  missingService,
  namedService,
  selectedWorkloads,
  unsupportedAddress,
} from "./gateway-service.ts";
import type { Grants } from "./grants.ts";
import { addedListeners, type ListenerSets } from "./listener-sets.ts";
import { listenerTls } from "./listener-tls.ts";
import { type Listener, listenersOf } from "./listeners.ts";
import { type GatewayParsed, GROUP, parsedGateways } from "./objects.ts";

/** Of GatewayClasses that this control plane serves, and in statuses that it writes. */
export const CONTROLLER_NAME = "istio.io/gateway-controller";

export interface GatewayRow {
  namespace: string;
  name: string;
  createdAt: number;
  /** Whether its Deployment and Service are made for it; otherwise it is served by those of a Service that it names. */
  managed: boolean;
  /** `namespace/name` of the Service in front of it. */
  service: string;
  /** Gateway workloads, `namespace/name`, whose pods serve it. */
  workloads: readonly string[];
  listeners: readonly Listener[];
  /** IP addresses that it asks for. */
  addresses: readonly string[];
  /** Why its `spec.addresses` cannot be had, if that can be said by looking at them. */
  addressFault?: Fault;
  /** Why its `spec.infrastructure.parametersRef` cannot be followed, if so. */
  parametersFault?: Fault;
  /** Whether clients without a valid certificate are let in where certificates are asked for. */
  insecureFrontend?: true;
  /** What its proxies show to backends that ask for a certificate, and why it cannot be, if so. */
  backendCertificate?: HeldCredential;
  backendFault?: Fault;
}

export interface GatewaySources {
  gatewayClasses: Collection<KubeObject>;
  k8sGateways: Collection<KubeObject>;
  services: Collection<ServiceObject>;
  listenerSets: ListenerSets;
  namespaces: Collection<NamespaceObject>;
  credentials: Credentials;
  workloads: Workloads;
  grants: Grants;
  settings: Collection<MeshSettings>;
}

export interface Gateways {
  parsed: Collection<GatewayParsed>;
  /** Key `namespace/name`. */
  rows: Collection<GatewayRow>;
}

export function wireGateways(graph: Graph, sources: GatewaySources): Gateways {
  const parsed = parsedGateways(graph, sources.k8sGateways);
  const rows = graph.derive("gateway api gateway rows", parsed, (_key, gateway, read) =>
    isOurs(gateway.spec.gatewayClassName, sources.gatewayClasses, read)
      ? gatewayRow(gateway, sources, read)
      : undefined,
  );
  return { parsed, rows };
}

function isOurs(className: string, classes: Collection<KubeObject>, read: Reader): boolean {
  const spec = read.get(classes, className)?.spec;
  return typeof spec === "object" && spec !== null && Reflect.get(spec, "controllerName") === CONTROLLER_NAME;
}

function gatewayRow(gateway: GatewayParsed, sources: GatewaySources, read: Reader): GatewayRow {
  const named = namedService(gateway, clusterDomainOf(sources.settings, read));
  const deployed = `${gateway.namespace}/${deployedName(gateway)}`;
  const key = named?.service ?? deployed;
  const service = read.get(sources.services, key);
  const targetPort = (port: number): number => {
    const target = service?.spec?.ports?.find((each) => each.port === port)?.targetPort;
    // A target by name would need the pod; the gateways that are deployed here have numbers.
    return typeof target === "number" ? target : port;
  };
  const from = { kind: "Gateway", namespace: gateway.namespace };
  const context = { read, credentials: sources.credentials, grants: sources.grants, from };
  const owner = { kind: `${GROUP}/Gateway`, namespace: gateway.namespace, name: gateway.name };
  const own = gateway.spec.listeners.map((spec) => ({ spec, owner }));
  const added = addedListeners(gateway, sources.listenerSets, sources.namespaces, read);
  const listeners = listenersOf(own, added, {
    targetPort,
    tls: ({ spec, owner: { kind, namespace } }) => {
      const by = { ...context, from: { kind: kind.slice(kind.indexOf("/") + 1), namespace } };
      return listenerTls(spec, gateway.spec.tls?.frontend, by, context);
    },
  });
  const addressFault = named && !service ? missingService(named.host, named.service) : unsupportedAddress(gateway);
  return {
    namespace: gateway.namespace,
    name: gateway.name,
    createdAt: gateway.createdAt,
    managed: named === undefined,
    service: key,
    workloads: named ? selectedWorkloads(service, sources.workloads, read) : [deployed],
    listeners,
    addresses: ipAddresses(gateway),
    ...backendCertificate(gateway, context),
    ...(isInsecure(gateway) && { insecureFrontend: true }),
    ...(addressFault && { addressFault }),
    ...parametersFault(gateway),
  };
}

function backendCertificate(
  { spec }: GatewayParsed,
  context: CertificateContext,
): Pick<GatewayRow, "backendCertificate" | "backendFault"> {
  const ref = spec.tls?.backend?.clientCertificateRef;
  if (!ref) return {};
  const { held, fault } = keyPairs([ref], context);
  const backendFault =
    fault?.reason === "InvalidCertificateRef" ? { ...fault, reason: "InvalidClientCertificateRef" } : fault;
  const [certificate] = held;
  return { ...(certificate && { backendCertificate: certificate }), ...(backendFault && { backendFault }) };
}

function isInsecure({ spec }: GatewayParsed): boolean {
  const { default: all, perPort = [] } = spec.tls?.frontend ?? {};
  return [all, ...perPort.map(({ tls }) => tls)].some((tls) => tls?.validation?.mode === "AllowInsecureFallback");
}

function parametersFault({ spec }: GatewayParsed): { parametersFault: Fault } | undefined {
  const { parametersRef } = spec.infrastructure ?? {};
  if (!parametersRef) return undefined;
  const message =
    `spec.infrastructure.parametersRef ${parametersRef.kind} ${parametersRef.name} is not served: ` +
    "use infrastructure.labels and annotations";
  return { parametersFault: { reason: "InvalidParameters", message } };
}
