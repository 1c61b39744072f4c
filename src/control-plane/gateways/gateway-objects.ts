/** What is deployed for a Gateway: a ServiceAccount, a Deployment of Envoy and a Service in front of it. Pure. */
import { deploymentKind } from "../../kinds/core/deployment.ts";
import type { PodTemplate } from "../../kinds/core/pod-spec.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import type { GatewayRow } from "../../mesh/gateway-api/gateways.ts";
import {
  apiVersionOf,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
  type ResourceType,
} from "../../store/object.ts";

/** Makes the pod; where images and bootstraps are known. */
export type GatewayPod = (request: {
  workload: string;
  namespace: string;
  serviceAccount: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}) => PodTemplate;

export interface DeployedObject {
  type: ResourceType;
  object: KubeObject;
}

type Texts = Readonly<Record<string, string>>;

const NAME_LABEL = "gateway.networking.k8s.io/gateway-name";
const CLASS_LABEL = "gateway.networking.k8s.io/gateway-class-name";
const MANAGED_LABEL = "gateway.istio.io/managed";

/** `gateway` is the object as stored, `row` what the mesh makes of it. */
export function gatewayObjects(gateway: KubeObject, row: GatewayRow, pod: GatewayPod): DeployedObject[] {
  const { metadata } = gateway;
  const name = row.service.slice(row.service.indexOf("/") + 1);
  const className = text(field(gateway.spec, "gatewayClassName")) ?? "";
  const infrastructure = field(gateway.spec, "infrastructure");
  const serviceAccount = metadata.annotations?.["gateway.istio.io/service-account"] ?? name;
  // What the infrastructure does not say is taken over from the Gateway itself, as Istio does.
  const own = texts(field(infrastructure, "labels")) ?? metadata.labels ?? {};
  const annotations = inherited(texts(field(infrastructure, "annotations")) ?? metadata.annotations ?? {});
  const labels = { ...own, [NAME_LABEL]: row.name, [CLASS_LABEL]: className };
  const managed = { ...labels, [MANAGED_LABEL]: "istio.io-gateway-controller" };
  const owner: OwnerReference = {
    apiVersion: gateway.apiVersion,
    kind: gateway.kind,
    name: row.name,
    uid: metadata.uid ?? "",
  };
  const meta = (own: string, ownLabels: Texts): ObjectMeta => ({
    name: own,
    namespace: row.namespace,
    labels: { ...ownLabels },
    annotations: { ...annotations },
    ownerReferences: [owner],
  });
  const template = pod({
    workload: name,
    namespace: row.namespace,
    serviceAccount,
    labels: {
      "sidecar.istio.io/inject": "false",
      "service.istio.io/canonical-name": name,
      "service.istio.io/canonical-revision": "latest",
      ...managed,
    },
    annotations,
  });
  const selector = { [NAME_LABEL]: row.name };
  const spec = {
    type: serviceType(metadata.annotations, annotations),
    selector,
    ports: servicePorts(row),
    // one is all that a Service can ask for; the status says what came of the others
    ...(row.addresses[0] !== undefined && { loadBalancerIP: row.addresses[0] }),
  };
  return [
    object(serviceAccountKind.type, meta(serviceAccount, labels)),
    // Without replicas: who scales it is not undone.
    object(deploymentKind.type, meta(name, managed), { selector: { matchLabels: selector }, template }),
    object(serviceKind.type, meta(name, labels), spec),
  ];
}

export function object(type: ResourceType, metadata: ObjectMeta, spec?: object): DeployedObject {
  const object = { apiVersion: apiVersionOf(type), kind: type.kind, metadata };
  return { type, object: spec ? { ...object, spec } : object };
}

const SERVICE_TYPES = new Set(["ClusterIP", "NodePort", "LoadBalancer"]);

function serviceType(own: Texts | undefined, infrastructure: Texts): string {
  const name = "networking.istio.io/service-type";
  const wanted = own?.[name] ?? infrastructure[name] ?? "";
  return SERVICE_TYPES.has(wanted) ? wanted : "LoadBalancer";
}

/** Those of the listeners that are served, each once, under the listener's name. */
function servicePorts(row: GatewayRow) {
  const names = new Set(["status-port"]);
  const ports = new Map<number, object>();
  for (const { name, port, protocol, rejected } of row.listeners) {
    if (rejected || ports.has(port)) continue;
    const plain = name
      .replace(/[^a-z0-9-]/g, "-")
      .slice(0, 63)
      .replace(/^-+|-+$/g, "");
    const unique = plain === "" || names.has(plain) ? `port-${port}` : plain;
    names.add(unique);
    // Envoy may listen on any port there, see the pod's sysctls.
    ports.set(port, { name: unique, port, targetPort: port, protocol: "TCP", appProtocol: protocol.toLowerCase() });
  }
  const status = { name: "status-port", port: 15021, targetPort: 15021, protocol: "TCP", appProtocol: "tcp" };
  return [status, ...ports.values()];
}

const NOT_INHERITED = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "gateway.istio.io/name-override",
  "gateway.istio.io/service-account",
  "gateway.istio.io/controller-version",
]);

function inherited(annotations: Texts): Texts {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !NOT_INHERITED.has(name)));
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function texts(value: unknown): Texts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
