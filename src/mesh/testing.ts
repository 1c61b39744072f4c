/** For tests: a mesh to put objects into, and reads as a derived row would make them. */

import type { Reader } from "../engine/derived.ts";
import { Graph } from "../engine/graph.ts";
import { plainReader } from "../engine/plain-reader.ts";
import { type MeshInputs, meshInputs } from "./inputs.ts";
import type { EndpointSliceObject, PodObject, ServiceObject } from "./kubernetes.ts";
import { type MeshCollections, wireMesh } from "./mesh.ts";

export interface TestMesh {
  graph: Graph;
  inputs: MeshInputs;
  mesh: MeshCollections;
  read: Reader;
}

export function testMesh(): TestMesh {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const mesh = wireMesh(graph, inputs);
  return { graph, inputs, mesh, read: plainReader };
}

export function service(name: string, namespace = "default", spec: ServiceObject["spec"] = {}): ServiceObject {
  const ports = [{ name: "http", port: 9080, targetPort: 9080 }];
  return { metadata: { name, namespace }, spec: { clusterIP: "10.96.0.1", selector: { app: name }, ports, ...spec } };
}

export function pod(name: string, ip: string, labels: Record<string, string>, namespace = "default"): PodObject {
  return {
    metadata: { name, namespace, labels },
    spec: { serviceAccountName: "bookinfo", containers: [{ name: "app" }], initContainers: [{ name: "istio-proxy" }] },
    status: { phase: "Running", podIP: ip },
  };
}

type SliceEndpoint = NonNullable<EndpointSliceObject["endpoints"]>[number];

export function slice(
  service: string,
  endpoints: readonly { pod: string; ip: string; conditions?: NonNullable<SliceEndpoint["conditions"]> }[],
  namespace = "default",
): EndpointSliceObject {
  return {
    metadata: { name: `${service}-1`, namespace, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 9080, protocol: "TCP" }],
    endpoints: endpoints.map(({ pod: name, ip, conditions }) => ({
      addresses: [ip],
      conditions: conditions ?? { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", namespace, name },
    })),
  };
}

/** Seconds after some time: objects made later are younger. */
export function created(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace(".000Z", "Z");
}
