/**
 * The ports at which a pod is called: by the selectors of the Services, not by the endpoints, so that a pod's listener
 * is complete before the pod is ready and does not change when it gets ready.
 */
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import type { MeshInputs } from "./inputs.ts";
import type { PodObject, ServiceObject } from "./kubernetes.ts";
import type { Service, ServicePort } from "./model.ts";

export interface InboundPort {
  /** Where the application listens. */
  targetPort: number;
  /** The port of the first Service that leads there: its protocol decides. */
  port: ServicePort;
  /** All Services that lead there, by host. */
  services: readonly Service[];
}

/** Rows `namespace/name` of pods, with the ports in ascending order. Pods that no Service selects have no row. */
export function wireInbound(
  graph: Graph,
  inputs: MeshInputs,
  services: Collection<Service>,
  serviceKey: (namespace: string, name: string) => string,
): Collection<readonly InboundPort[]> {
  const bySelector = graph.index(inputs.services, "selector", ({ metadata, spec }) => {
    const [first] = Object.entries(spec?.selector ?? {}).sort();
    return first ? [selectorBucket(metadata.namespace ?? "", first)] : [];
  });
  return graph.derive("inbound ports", inputs.pods, (_key, pod, read) => {
    const namespace = pod.metadata.namespace ?? "";
    const labels = pod.metadata.labels ?? {};
    const ports = new Map<number, { port: ServicePort; services: Service[] }>();
    for (const label of Object.entries(labels).sort()) {
      for (const object of read.bucket(bySelector, selectorBucket(namespace, label)).values()) {
        if (!selects(object, labels)) continue;
        const service = read.get(services, serviceKey(namespace, object.metadata.name));
        if (!service) continue;
        for (const port of service.ports) {
          const targetPort = resolvePort(object, port.number, pod);
          if (targetPort === undefined || port.protocol === "UDP") continue;
          const known = ports.get(targetPort);
          if (known) known.services.push(service);
          else ports.set(targetPort, { port, services: [service] });
        }
      }
    }
    if (ports.size === 0) return undefined;
    return [...ports].sort(([a], [b]) => a - b).map(([targetPort, found]) => ({ targetPort, ...found }));
  });
}

function selectorBucket(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace}/${key}=${value}`;
}

function selects(service: ServiceObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(service.spec?.selector ?? {}).every(([key, value]) => labels[key] === value);
}

/** The pod's port behind a Service's port; undefined when it is a name that the pod does not have. */
function resolvePort(service: ServiceObject, number: number, pod: PodObject): number | undefined {
  const target = service.spec?.ports?.find(({ port }) => port === number)?.targetPort;
  if (target === undefined || target === 0) return number;
  if (typeof target === "number") return target;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const named = containers.flatMap(({ ports }) => ports ?? []).find(({ name }) => name === target);
  return named?.containerPort ?? (/^\d+$/.test(target) ? Number(target) : undefined);
}
