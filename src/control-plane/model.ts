import type { Graph } from "../engine/graph.ts";
import { type GatewayApi, wireGatewayApi } from "../mesh/gateway-api/wire.ts";
import type { MeshInputs } from "../mesh/inputs.ts";
import { type MeshCollections, wireMesh } from "../mesh/mesh.ts";

export interface Model {
  mesh: MeshCollections;
  gatewayApi: GatewayApi;
}

/** The mesh, written in Istio's API and in the Gateway API, as one model. */
export function wireModel(graph: Graph, inputs: MeshInputs): Model {
  const wired: GatewayApi[] = [];
  const mesh = wireMesh(graph, inputs, [
    (sameGraph, sameInputs, core) => {
      const api = wireGatewayApi(sameGraph, sameInputs, core);
      wired.push(api);
      return api;
    },
  ]);
  const [gatewayApi] = wired;
  if (!gatewayApi) throw new Error("the mesh did not wire the Gateway API");
  return { mesh, gatewayApi };
}
