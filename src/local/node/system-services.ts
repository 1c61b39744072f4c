/** The Services that lead to the node itself: `kubernetes` and `kube-dns`, with the node's address as their endpoint. */
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { API_ENDPOINT_PORT, API_SERVICE_IP, DNS_SERVICE_IP, NODE_IP } from "./addresses.ts";
import { SERVICE_LABEL } from "./network/service-state.ts";
import { ENDPOINT_SLICES, SERVICES } from "./resources.ts";

interface NamedPort {
  name: string;
  protocol: "TCP" | "UDP";
  port: number;
  targetPort: number;
}

const RETRY_MS = 500;

const DNS_PORTS: NamedPort[] = [
  { name: "dns", protocol: "UDP", port: 53, targetPort: 53 },
  { name: "dns-tcp", protocol: "TCP", port: 53, targetPort: 53 },
];
const API_PORTS: NamedPort[] = [{ name: "https", protocol: "TCP", port: 443, targetPort: API_ENDPOINT_PORT }];

/** Creates what is absent. Tries again until it is there, since their namespaces may come later. */
export async function keepSystemServices(
  store: Store,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const objects = [
    ...objectsOf("default", "kubernetes", API_SERVICE_IP, API_PORTS),
    ...objectsOf("kube-system", "kube-dns", DNS_SERVICE_IP, DNS_PORTS),
  ];
  for (const [type, object] of objects) {
    while (!signal.aborted) {
      try {
        await store.create(type, object);
        break;
      } catch (error) {
        if (error instanceof StoreError && error.reason === "AlreadyExists") break;
        onError(error);
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }
}

function objectsOf(
  namespace: string,
  name: string,
  clusterIP: string,
  ports: readonly NamedPort[],
): [ResourceType, KubeObject][] {
  const service: KubeObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name, ...(name === "kube-dns" && { labels: { "k8s-app": "kube-dns" } }) },
    spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports },
  };
  const slice: KubeObject = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace, name, labels: { [SERVICE_LABEL]: name } },
    addressType: "IPv4",
    endpoints: [{ addresses: [NODE_IP], conditions: { ready: true, serving: true, terminating: false } }],
    ports: ports.map(({ name: port, protocol, targetPort }) => ({ name: port, protocol, port: targetPort })),
  };
  return [
    [SERVICES, service],
    [ENDPOINT_SLICES, slice],
  ];
}
