/** Which pods stand behind a Service, and on which ports: pure. */

import type { EndpointSlice } from "../../../kinds/core/endpoint-slice.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { Service, ServicePort } from "../../../kinds/core/service.ts";
import { isFinished, isReady, isTerminating } from "../pods.ts";

export type SliceEndpoint = NonNullable<EndpointSlice["endpoints"]>[number];
export type SlicePort = NonNullable<EndpointSlice["ports"]>[number];

/** Endpoints that have the same ports; with named target ports not all pods of a Service need to. */
export interface EndpointGroup {
  ports: SlicePort[];
  endpoints: SliceEndpoint[];
}

export function selects({ spec, metadata }: Service, pod: Pod): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  if (wanted.length === 0 || pod.metadata.namespace !== metadata.namespace) return false;
  return wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

/** By their ports, in the order of the pods' names. `zoneOf` tells where a node is. */
export function endpointGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (node: string) => string | undefined,
): Map<string, EndpointGroup> {
  const groups = new Map<string, EndpointGroup>();
  const ordered = pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const pod of ordered) {
    const address = pod.status?.podIP;
    if (!address || isFinished(pod)) continue;
    const ports = portsFor(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod, address, zoneOf));
  }
  return groups;
}

export function portsKey(ports: readonly SlicePort[]): string {
  const keys = ports.map(({ name = "", protocol = "TCP", port, appProtocol = "" }) =>
    [name, protocol, port, appProtocol].join(" "),
  );
  return keys.sort().join("|");
}

function endpointOf(
  service: Service,
  pod: Pod,
  address: string,
  zoneOf: (node: string) => string | undefined,
): SliceEndpoint {
  const { name, namespace, uid } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const zone = nodeName === undefined ? undefined : zoneOf(nodeName);
  return {
    addresses: [address],
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname && subdomain === service.metadata.name && { hostname }),
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    targetRef: { kind: "Pod", name, ...(namespace && { namespace }), ...(uid && { uid }) },
  };
}

/** The Service's ports as this pod has them; a named target port that it lacks is left out. */
function portsFor(service: Service, pod: Pod): SlicePort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = port;
    return [{ name, protocol, port: number, ...(appProtocol && { appProtocol }) }];
  });
}

function targetPort({ targetPort: target, port, protocol = "TCP" }: ServicePort, { spec }: Pod): number | undefined {
  if (target === undefined) return port;
  if (typeof target === "number") return target;
  if (/^\d+$/.test(target)) return Number(target);
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const ports = [...spec.containers, ...sidecars].flatMap((container) => container.ports ?? []);
  return ports.find((one) => one.name === target && (one.protocol ?? "TCP") === protocol)?.containerPort;
}
