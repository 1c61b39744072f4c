import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { UpstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { Graph } from "../../engine/graph.ts";
import { plainReader } from "../../engine/plain-reader.ts";
import { wireGatewayApi } from "../../mesh/gateway-api/wire.ts";
import { meshInputs } from "../../mesh/inputs.ts";
import { wireMesh } from "../../mesh/mesh.ts";
import { pod, service, slice } from "../../mesh/testing.ts";
import { CLUSTER, LOAD_ASSIGNMENT } from "../types.ts";
import { MeshRows } from "./mesh-rows.ts";
import { rowKey } from "./row-key.ts";
import { EnvoySource } from "./source.ts";

const REVIEWS = "outbound|9080||reviews.default.svc.cluster.local";

function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const mesh = wireMesh(graph, inputs);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, wireGatewayApi(graph, inputs, mesh)));
  const changed: string[] = [];
  source.onChange(({ rows }) => changed.push(...rows.keys()));
  const cluster = (name: string, client = "sidecar Lazy default") => {
    const key = rowKey(client, name);
    source.retain(CLUSTER, [key]);
    source.retain(LOAD_ASSIGNMENT, [key]);
    return () => {
      const any = fromBinary(AnySchema, source.resource(CLUSTER, key)?.body ?? new Uint8Array());
      const found = anyUnpack(any, ClusterSchema);
      const match = found?.transportSocketMatches[0]?.transportSocket ?? found?.transportSocket;
      const config = match?.configType.value;
      const tls = config && anyUnpack(config, UpstreamTlsContextSchema);
      const validation = tls?.commonTlsContext?.validationContextType;
      const names =
        validation?.case === "combinedValidationContext"
          ? validation.value.defaultValidationContext?.matchTypedSubjectAltNames.map(
              ({ matcher }) => matcher?.matchPattern.value,
            )
          : [];
      const secret = tls?.commonTlsContext?.tlsCertificateSdsSecretConfigs[0]?.name;
      return { always: found?.transportSocket !== undefined, sni: tls?.sni, names, secret };
    };
  };
  const pods = (...all: { name: string; account: string }[]): void =>
    graph.batch(() => {
      for (const [i, { name, account }] of all.entries()) {
        const object = pod(name, `10.0.0.${i}`, { app: "reviews" });
        inputs.pods.set(`default/${name}`, { ...object, spec: { ...object.spec, serviceAccountName: account } });
      }
      const endpoints = all.map(({ name }, i) => ({ pod: name, ip: `10.0.0.${i}` }));
      inputs.endpointSlices.set("default/reviews-1", slice("reviews", endpoints));
    });
  const took = (): string[] => changed.splice(0).map((type) => type.slice(type.lastIndexOf(".") + 1));
  inputs.services.set("default/reviews", service("reviews"));
  return { graph, inputs, cluster, pods, took };
}

const spiffe = (account: string) => `spiffe://cluster.local/ns/default/sa/${account}`;

test("a server must be one of the accounts behind its service, and endpoints of the same accounts send no cluster", () => {
  const w = world();
  w.pods({ name: "a", account: "one" });
  const reviews = w.cluster(REVIEWS);
  assert.deepEqual(reviews(), {
    always: false,
    sni: "outbound_.9080_._.reviews.default.svc.cluster.local",
    names: [spiffe("one")],
    secret: "default",
  });
  w.took();
  w.pods({ name: "a", account: "one" }, { name: "b", account: "one" });
  assert.deepEqual(w.took(), ["ClusterLoadAssignment"]);
  w.pods({ name: "a", account: "one" }, { name: "b", account: "one" }, { name: "c", account: "two" });
  assert.deepEqual(w.took().sort(), ["Cluster", "ClusterLoadAssignment"]);
  assert.deepEqual(reviews().names, [spiffe("one"), spiffe("two")]);
});

test("while nobody is known behind a service, whoever is of the mesh will do; with aliases of their domains too", () => {
  const w = world();
  const reviews = w.cluster(REVIEWS);
  assert.deepEqual(reviews().names, ["spiffe://cluster.local/"]);
  const data = { mesh: "trustDomainAliases: [old.example]" };
  w.inputs.configMaps.set("istio-system/istio", { metadata: { name: "istio" }, data });
  assert.deepEqual(reviews().names, ["spiffe://cluster.local/", "spiffe://old.example/"]);
  w.pods({ name: "a", account: "one" });
  assert.deepEqual(reviews().names, [spiffe("one"), "spiffe://old.example/ns/default/sa/one"]);
});

test("without auto mTLS, and outside of the mesh, only a rule makes it TLS", () => {
  const w = world();
  const entry = { hosts: ["outside.com"], ports: [{ number: 443, name: "https", protocol: "HTTPS" }] };
  const metadata = { name: "outside", namespace: "default" };
  w.inputs.serviceEntries.set("default/outside", { apiVersion: "", kind: "", metadata, spec: entry });
  assert.equal(w.cluster("outbound|443||outside.com")().sni, undefined);
  const reviews = w.cluster(REVIEWS);
  w.inputs.configMaps.set("istio-system/istio", {
    metadata: { name: "istio" },
    data: { mesh: "enableAutoMtls: false" },
  });
  assert.equal(reviews().sni, undefined);
});

test("where Envoy does not know whom it speaks to, mutual TLS is for all pods or for none", () => {
  const w = world();
  w.inputs.services.set("default/reviews", service("reviews", "default", { clusterIP: "None" }));
  const reviews = w.cluster(REVIEWS);
  assert.equal(reviews().always, false);
  w.pods({ name: "a", account: "one" }, { name: "b", account: "one" });
  assert.deepEqual([reviews().always, reviews().secret], [true, "default"]);
  const plain = pod("b", "10.0.0.1", { app: "reviews" });
  w.inputs.pods.set("default/b", { ...plain, spec: { containers: [{ name: "app" }] } });
  assert.equal(reviews().always, false);
});

test("a VM behind a ServiceEntry is who the entry says", () => {
  const w = world();
  w.inputs.serviceEntries.set("default/vm", {
    apiVersion: "",
    kind: "",
    metadata: { name: "vm", namespace: "default" },
    spec: {
      hosts: ["vm.com"],
      ports: [{ number: 80, name: "http", protocol: "HTTP" }],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      endpoints: [{ address: "192.168.1.1", serviceAccount: "vm" }],
    },
  });
  assert.deepEqual(w.cluster("outbound|80||vm.com")().names, [spiffe("vm")]);
});

test("a rule's credentials are for gateways and for sidecars that it selects; others begin TLS without them", () => {
  const w = world();
  const rule = (workloadSelector?: { matchLabels: Record<string, string> }) =>
    w.inputs.destinationRules.set("default/reviews", {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: "reviews", namespace: "default" },
      spec: {
        host: "reviews",
        ...(workloadSelector && { workloadSelector }),
        trafficPolicy: { tls: { mode: "MUTUAL", credentialName: "client", sni: "x" } },
      },
    });
  rule();
  const sidecar = w.cluster(REVIEWS);
  const gateway = w.cluster(REVIEWS, "gateway istio-system/edge default");
  assert.deepEqual([sidecar().sni, sidecar().secret], ["x", undefined]);
  assert.equal(gateway().secret, "kubernetes://client");
  rule({ matchLabels: { app: "caller" } });
  assert.equal(w.cluster(REVIEWS, "sidecar Lazy default?app=caller")().secret, "kubernetes://client");
});

test("a gateway passes the mesh's TLS on by the names of services in the mesh, each once and none with a wildcard", () => {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const mesh = wireMesh(graph, inputs);
  const rows = new MeshRows(graph, inputs, mesh, wireGatewayApi(graph, inputs, mesh));
  inputs.services.set("default/reviews", service("reviews"));
  const entry = (name: string, host: string, location: "MESH_INTERNAL" | "MESH_EXTERNAL") =>
    inputs.serviceEntries.set(`default/${name}`, {
      apiVersion: "",
      kind: "",
      metadata: { name, namespace: "default" },
      spec: { hosts: [host], ports: [{ number: 9080, name: "http", protocol: "HTTP" }], location },
    });
  entry("same", "reviews.default.svc.cluster.local", "MESH_INTERNAL");
  entry("wildcard", "*.example.com", "MESH_INTERNAL");
  entry("outside", "outside.com", "MESH_EXTERNAL");
  inputs.destinationRules.set("default/reviews", {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "reviews", namespace: "default" },
    spec: { host: "reviews", subsets: [{ name: "v1", labels: { version: "v1" } }] },
  });
  assert.deepEqual(rows.serverNames(plainReader, "default"), [
    "outbound_.9080_._.reviews.default.svc.cluster.local",
    "outbound_.9080_.v1_.reviews.default.svc.cluster.local",
  ]);
});
