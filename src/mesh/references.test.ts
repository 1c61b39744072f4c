import assert from "node:assert/strict";
import { it } from "node:test";
import type { VirtualServiceSpec } from "../kinds/istio/virtual-service-schema.ts";
import { wireReferences } from "./references.ts";
import { service, testMesh } from "./testing.ts";

function world() {
  const mesh = testMesh();
  const references = wireReferences(mesh.graph, mesh.inputs, mesh.mesh);
  mesh.inputs.services.set("default/reviews", service("reviews"));
  const virtualService = (spec: VirtualServiceSpec): void =>
    mesh.inputs.virtualServices.set("default/x", {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "x", namespace: "default", generation: 3 },
      spec,
    });
  const fields = () => references.virtualServices.get("default/x")?.map(({ field }) => field);
  return { ...mesh, references, virtualService, fields };
}

it("an object whose references all resolve has no row", () => {
  const { virtualService, fields } = world();
  const destination = { host: "reviews", port: { number: 9080 } };
  virtualService({ hosts: ["reviews"], gateways: ["mesh"], http: [{ route: [{ destination }] }] });
  assert.equal(fields(), undefined);
});

it("names gateways, delegates, hosts, ports and subsets that there are not", () => {
  const { virtualService, fields } = world();
  virtualService({
    hosts: ["a.com"],
    gateways: ["edge"],
    http: [
      { route: [{ destination: { host: "nobody" } }] },
      { route: [{ destination: { host: "reviews", port: { number: 1 }, subset: "v1" } }], mirror: { host: "no.com" } },
      { delegate: { name: "leaf" } },
    ],
    tcp: [{ route: [{ destination: { host: "db" } }] }],
  });
  assert.deepEqual(fields(), [
    "spec.gateways[0]",
    "spec.http[0].route[0].destination.host",
    "spec.http[1].route[0].destination.port.number",
    "spec.http[1].route[0].destination.subset",
    "spec.http[1].mirror.host",
    "spec.tcp[0].route[0].destination.host",
    "spec.http[2].delegate",
  ]);
});

it("a reference resolves as soon as what it names appears, and the status goes with it", () => {
  const { virtualService, inputs, references, fields } = world();
  virtualService({ hosts: ["reviews"], http: [{ route: [{ destination: { host: "reviews", subset: "v1" } }] }] });
  assert.deepEqual(fields(), ["spec.http[0].route[0].destination.subset"]);
  const [statuses] = references.statuses;
  const message =
    "spec.http[0].route[0].destination.subset: no DestinationRule for reviews.default.svc.cluster.local has the " +
    'subset "v1"; add it to spec.subsets of a DestinationRule for the host';
  assert.deepEqual(statuses?.get("default/x")?.status, {
    conditions: [
      { type: "ResolvedRefs", status: "False", reason: "ReferencedResourceNotFound", message, observedGeneration: 3 },
    ],
    validationMessages: [{ type: { code: "IST0101", name: "ReferencedResourceNotFound" }, level: "ERROR" }],
    observedGeneration: 3,
  });
  inputs.destinationRules.set("default/reviews", {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "reviews", namespace: "default" },
    spec: { host: "reviews", subsets: [{ name: "v1", labels: { version: "v1" } }] },
  });
  assert.equal(fields(), undefined);
  assert.equal(statuses?.get("default/x"), undefined);
});

it("a DestinationRule for a host that nobody has says so", () => {
  const { inputs, references } = world();
  const rule = (host: string): void =>
    inputs.destinationRules.set("default/x", {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: "x", namespace: "default" },
      spec: { host },
    });
  rule("nobody");
  assert.deepEqual(
    references.destinationRules.get("default/x")?.map(({ field }) => field),
    ["spec.host"],
  );
  rule("*.default.svc.cluster.local");
  assert.equal(references.destinationRules.get("default/x"), undefined);
});
