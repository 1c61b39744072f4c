/** A Kubernetes Service as the mesh sees it. */
import { createdAt } from "./age.ts";
import { serviceHost } from "./hosts.ts";
import type { ServiceObject } from "./kubernetes.ts";
import type { MeshSettings, Service, ServicePort } from "./model.ts";
import { portProtocol } from "./protocol.ts";

export function kubernetesService(object: ServiceObject, settings: MeshSettings): Service {
  const { name, namespace = "" } = object.metadata;
  const spec = object.spec ?? {};
  const external = spec.type === "ExternalName" ? (spec.externalName ?? "") : "";
  const headless = spec.clusterIP === "None";
  const addresses = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ""];
  const ports = (spec.ports ?? []).map(servicePort);
  const exportTo = object.metadata.annotations?.["networking.istio.io/exportTo"];
  return {
    host: serviceHost(name, namespace, settings.clusterDomain),
    namespace,
    origin: { kind: "Service", namespace, name },
    ports,
    addresses: headless ? [] : addresses.filter((address) => address !== "" && address !== "None"),
    resolution: external !== "" ? "DNS" : headless ? "Passthrough" : "Endpoints",
    headless,
    meshExternal: external !== "",
    exportTo: exportTo ? exportTo.split(",").map((to) => to.trim()) : ["*"],
    subjectAltNames: [],
    dnsEndpoints:
      external === ""
        ? []
        : [
            {
              host: external,
              ports: Object.fromEntries(ports.map((port) => [port.name, port.number])),
              weight: 1,
              labels: {},
              locality: "",
              serviceAccount: "",
              meshed: false,
            },
          ],
    createdAt: createdAt(object.metadata),
  };
}

function servicePort(port: NonNullable<NonNullable<ServiceObject["spec"]>["ports"]>[number]): ServicePort {
  return {
    name: port.name ?? "",
    number: port.port,
    protocol: portProtocol({
      number: port.port,
      name: port.name,
      transport: port.protocol,
      appProtocol: port.appProtocol,
    }),
    ...(typeof port.targetPort === "number" && { targetPort: port.targetPort }),
  };
}
