import assert from "node:assert/strict";
import { it } from "node:test";
import { Graph } from "../engine/graph.ts";
import { endpointSliceKind } from "../kinds/core/endpoint-slice.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { kinds } from "../kinds/registry.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { eventually } from "../store/embedded/testing.ts";
import { followInputs } from "./inputs.ts";

const NAMESPACE = "default";

function slice(name: string, ready: boolean) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: NAMESPACE },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready } }],
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
  };
}

it("an EndpointSlice whose last endpoint is not ready for a moment is taken as it was", async (context) => {
  const stop = new AbortController();
  const store = new EmbeddedStore({ path: ":memory:", kinds });
  context.after(() => {
    stop.abort();
    store.close();
  });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await store.create(endpointSliceKind.type, slice("single", true));
  const graph = new Graph();
  const inputs = meshInputs(graph);
  await followInputs(graph, inputs, store, { signal: stop.signal, only: ["endpointSlices"], onError: assert.ifError });
  await store.update(endpointSliceKind.type, slice("single", false));
  await store.create(endpointSliceKind.type, slice("later", false));
  const ready = (name: string) => inputs.endpointSlices.get(`${NAMESPACE}/${name}`)?.endpoints?.[0]?.conditions?.ready;
  // what was written after it has come, so it has come too
  await eventually(async () => ready("later") !== undefined);
  assert.deepEqual([ready("single"), ready("later")], [true, false]);
});
