/** A mesh in this process: the engine, the mesh model and Envoy's resources as the control plane wires them. */
import { wireModel } from "../../src/control-plane/model.ts";
import { Graph } from "../../src/engine/graph.ts";
import type { Peer } from "../../src/envoy/resource-source.ts";
import { MeshRows } from "../../src/envoy/wire/mesh-rows.ts";
import { EnvoySource } from "../../src/envoy/wire/source.ts";
import { type MeshInputs, meshInputs } from "../../src/mesh/inputs.ts";

export interface SimulatedMesh {
  graph: Graph;
  inputs: MeshInputs;
  source: EnvoySource;
}

export type Delivery = "Lazy" | "Eager";

/** Wires a mesh and fills it: services `svc-N` on port 80 with two endpoints each, and the pods of the sidecars. */
export function simulateMesh(services: number, sidecars: number, delivery: Delivery): SimulatedMesh {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const { mesh, gatewayApi } = wireModel(graph, inputs);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, gatewayApi));
  graph.batch(() => {
    for (let i = 0; i < services; i++) addService(inputs, i);
    for (let i = 0; i < sidecars; i++) addPod(inputs, i, delivery);
  });
  return { graph, inputs, source };
}

export function peerOf(sidecar: number): Peer {
  const pod = podName(sidecar);
  return {
    id: `sidecar~${podAddress(sidecar)}~${pod}.default~default.svc.cluster.local`,
    type: "sidecar",
    namespace: "default",
    pod,
    serviceAccount: "default",
    metadata: {},
    envoyVersion: "1.40.0",
  };
}

/** Routes a service to itself with a timeout: an edit is another timeout. */
export function editVirtualService(inputs: MeshInputs, service: number, seconds: number): void {
  const name = `svc-${service}`;
  inputs.virtualServices.set(`default/${name}`, {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec: { hosts: [name], http: [{ timeout: `${seconds}s`, route: [{ destination: { host: name } }] }] },
  });
}

function addService(inputs: MeshInputs, index: number): void {
  const name = `svc-${index}`;
  const clusterIP = `10.96.${index >> 8}.${index & 255}`;
  inputs.services.set(`default/${name}`, {
    metadata: { name, namespace: "default" },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      selector: { app: name },
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
    },
  });
  const conditions = { ready: true, serving: true, terminating: false };
  inputs.endpointSlices.set(`default/${name}-1`, {
    metadata: { name: `${name}-1`, namespace: "default", labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [64, 128].map((net) => ({ addresses: [`10.${net}.${index >> 8}.${index & 255}`], conditions })),
  });
}

/** Each pod is of a workload of its own, so that none is given what another uses. */
function addPod(inputs: MeshInputs, index: number, delivery: Delivery): void {
  const name = podName(index);
  inputs.pods.set(`default/${name}`, {
    metadata: {
      name,
      namespace: "default",
      labels: { app: `client-${index}`, "pod-template-hash": "abc" },
      annotations: { "lateen.dev/delivery": delivery },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: `client-${index}-abc`, uid: "u", controller: true },
      ],
    },
    spec: { containers: [{ name: "app" }], initContainers: [{ name: "istio-proxy" }] },
    status: { phase: "Running", podIP: podAddress(index) },
  });
}

function podName(index: number): string {
  return `client-${index}-abc-x`;
}

function podAddress(index: number): string {
  return `10.244.${index >> 8}.${index & 255}`;
}
