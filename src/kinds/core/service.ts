import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { isLabel, LABEL_RULE } from "./names.ts";
import { immutable } from "./pod-validation.ts";
import { anything, bool, Condition, int, intOrText, list, oneOf, port, shape, text, textMap, texts } from "./shape.ts";

const ServicePort = shape(
  "ServicePort",
  { port },
  {
    name: text,
    protocol: oneOf("TCP", "UDP", "SCTP"),
    appProtocol: text,
    targetPort: intOrText,
    nodePort: Type.Integer({ minimum: 0, maximum: 65535 }),
  },
);
export type ServicePort = Type.Static<typeof ServicePort>;

const ServiceSpec = shape(
  "ServiceSpec",
  {},
  {
    type: oneOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    selector: textMap,
    ports: list(ServicePort),
    clusterIP: text,
    clusterIPs: texts,
    externalIPs: texts,
    externalName: text,
    externalTrafficPolicy: oneOf("Cluster", "Local"),
    internalTrafficPolicy: oneOf("Cluster", "Local"),
    ipFamilies: texts,
    ipFamilyPolicy: oneOf("SingleStack", "PreferDualStack", "RequireDualStack"),
    allocateLoadBalancerNodePorts: bool,
    healthCheckNodePort: int,
    loadBalancerClass: text,
    loadBalancerIP: text,
    loadBalancerSourceRanges: texts,
    publishNotReadyAddresses: bool,
    sessionAffinity: oneOf("None", "ClientIP"),
    sessionAffinityConfig: shape(
      "SessionAffinityConfig",
      {},
      { clientIP: shape("ClientIPConfig", {}, { timeoutSeconds: int }) },
    ),
    trafficDistribution: text,
  },
);
export type ServiceSpec = Type.Static<typeof ServiceSpec>;

const Ingress = shape("LoadBalancerIngress", {}, { ip: text, hostname: text, ipMode: text, ports: list(anything) });

const schema = Type.Object({
  spec: ServiceSpec,
  status: Type.Optional(
    shape(
      "ServiceStatus",
      {},
      {
        conditions: list(Condition),
        loadBalancer: shape("LoadBalancerStatus", {}, { ingress: list(Ingress) }),
      },
    ),
  ),
});

export type Service = KubeObject & Type.Static<typeof schema>;

export const serviceKind: Kind<Service> = {
  type: { group: "", version: "v1", plural: "services", kind: "Service", namespaced: true },
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  description: "Service gives a set of pods one name and address.",
  schema,
  status: true,
  listMapKeys: { "spec.ports": ["port", "protocol"], "status.conditions": ["type"] },
  defaults: (service) => ({
    ...service,
    spec: defaultSpec(service.spec),
    status: { loadBalancer: {}, ...service.status },
  }),
  validate: serviceProblems,
  validateUpdate(service, old) {
    const { clusterIP } = old.spec;
    // An ExternalName service has no address, and may get one by changing its type.
    if (!clusterIP || service.spec.type === "ExternalName" || old.spec.type === "ExternalName") return [];
    return immutable("spec.clusterIPs[0]", service.spec.clusterIP, clusterIP).map((problem) => ({
      ...problem,
      message: "may not change once set",
      remedy: "leave out spec.clusterIP, or delete the Service first",
    }));
  },
};

function defaultSpec(spec: ServiceSpec): ServiceSpec {
  const type = spec.type ?? "ClusterIP";
  const open = type === "NodePort" || type === "LoadBalancer";
  return {
    ...spec,
    type,
    sessionAffinity: spec.sessionAffinity ?? "None",
    ...(spec.ports && { ports: spec.ports.map(defaultPort) }),
    ...(type !== "ExternalName" && {
      internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster",
      ipFamilies: spec.ipFamilies ?? ["IPv4"],
      ipFamilyPolicy: spec.ipFamilyPolicy ?? "SingleStack",
    }),
    ...(open && { externalTrafficPolicy: spec.externalTrafficPolicy ?? "Cluster" }),
    ...(type === "LoadBalancer" && { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true }),
    ...(spec.sessionAffinity === "ClientIP" && {
      sessionAffinityConfig: spec.sessionAffinityConfig ?? { clientIP: { timeoutSeconds: 10800 } },
    }),
  };
}

function defaultPort(port: ServicePort): ServicePort {
  // Zero and the empty string stand for "not given" in what clients of older days send.
  return { ...port, protocol: port.protocol ?? "TCP", targetPort: port.targetPort || port.port };
}

function serviceProblems(service: Service): Problem[] {
  const { spec, metadata } = service;
  const problems: Problem[] = [];
  if (metadata.name && !isLabel(metadata.name)) {
    problems.push({ code: "LTN1101", field: "metadata.name", message: LABEL_RULE });
  }
  if (spec.type === "ExternalName") {
    if (!spec.externalName)
      problems.push({
        code: "LTN1103",
        field: "spec.externalName",
        message: "a Service of type ExternalName needs one",
      });
    return problems;
  }
  const ports = spec.ports ?? [];
  if (ports.length === 0 && spec.clusterIP !== "None") {
    problems.push({
      code: "LTN1103",
      field: "spec.ports",
      message: "a Service needs at least one port, unless it is headless",
    });
  }
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    if (!port.name && ports.length > 1) {
      problems.push({ code: "LTN1103", field: `${at}.name`, message: "with several ports each needs a name" });
    }
    if (port.name && ports.findIndex((other) => other.name === port.name) !== i) {
      problems.push({ code: "LTN1102", field: `${at}.name`, message: "another port has this name" });
    }
    if (ports.findIndex((other) => other.port === port.port && other.protocol === port.protocol) !== i) {
      problems.push({ code: "LTN1102", field: at, message: "another port has this number and protocol" });
    }
  });
  return problems;
}
