import { endpointSliceKind } from "../kinds/core/endpoint-slice.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { createOnce } from "../store/create-once.ts";
import type { Store } from "../store/store.ts";
import { NODE_IP } from "./node/addresses.ts";

const NAMESPACE = "istio-system";
const XDS = { name: "https-dns", port: 15012, protocol: "TCP" };
const MONITORING = { name: "http-monitoring", port: 15014, protocol: "TCP" };

/** What stands for the control plane in the API: Service `istiod`, answered on the node's address. */
export async function createMeshObjects(store: Store): Promise<void> {
  const labels = { app: "istiod", istio: "pilot" };
  await createOnce(store, serviceKind.type, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "istiod", namespace: NAMESPACE, labels },
    spec: { ports: [XDS, MONITORING].map((port) => ({ ...port, targetPort: port.port })) },
  });
  await createOnce(store, endpointSliceKind.type, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "istiod-local",
      namespace: NAMESPACE,
      labels: { ...labels, "kubernetes.io/service-name": "istiod", "endpointslice.kubernetes.io/managed-by": "lateen" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [NODE_IP], conditions: { ready: true } }],
    ports: [XDS],
  });
}
