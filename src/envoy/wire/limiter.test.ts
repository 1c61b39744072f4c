import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType as Discovery,
} from "#envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import { UpstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { Graph } from "../../engine/graph.ts";
import type { Rule } from "../../kinds/lateen/rate-limit-schema.ts";
import { wireGatewayApi } from "../../mesh/gateway-api/wire.ts";
import { meshInputs } from "../../mesh/inputs.ts";
import { wireMesh } from "../../mesh/mesh.ts";
import { pod, service, slice } from "../../mesh/testing.ts";
import { LIMITER_CLUSTER } from "../names.ts";
import type { Peer } from "../resource-source.ts";
import { CLUSTER, LOAD_ASSIGNMENT } from "../types.ts";
import { MeshRows } from "./mesh-rows.ts";
import { EnvoySource } from "./source.ts";

const GLOBAL: Rule = { name: "all", limit: { requests: 1, per: "1s" }, scope: "Global" };
const LOCAL: Rule = { ...GLOBAL, scope: "Local" };

function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const mesh = wireMesh(graph, inputs);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, wireGatewayApi(graph, inputs, mesh)));
  const proxies = ["a", "b"].map((name): Peer => {
    inputs.pods.set(`default/${name}`, pod(name, "10.0.0.1", { app: name }));
    const id = `sidecar~10.0.0.1~${name}.default~default.svc.cluster.local`;
    const rest = { serviceAccount: "bookinfo", metadata: {}, envoyVersion: "1.40.0" };
    return { id, type: "sidecar", namespace: "default", pod: name, ...rest };
  });
  for (const proxy of proxies) {
    source.connect(proxy);
    // what the view names is held, and so computed
    for (const [type, names] of source.view(proxy.id)?.push ?? []) source.retain(type, names.values());
  }
  const limit = (app: string, ...rules: Rule[]): void =>
    inputs.rateLimits.set("default/one", {
      apiVersion: "policy.lateen.dev/v1",
      kind: "RateLimit",
      metadata: { namespace: "default", name: "one" },
      spec: { selector: { matchLabels: { app } }, rules },
    });
  const install = (): void => {
    const ports = [{ name: "grpc-ratelimit", port: 8081, targetPort: 8081 }];
    inputs.services.set("istio-system/lateen-ratelimit", service("lateen-ratelimit", "istio-system", { ports }));
    const { ports: _, ...endpoints } = slice("lateen-ratelimit", [{ pod: "limiter", ip: "10.0.0.9" }], "istio-system");
    inputs.endpointSlices.set("istio-system/lateen-ratelimit-1", {
      ...endpoints,
      ports: [{ name: "grpc-ratelimit", port: 8081, protocol: "TCP" }],
    });
  };
  const askers = (): string[] =>
    proxies.filter(({ id }) => source.view(id)?.push.get(CLUSTER)?.has(LIMITER_CLUSTER)).map((proxy) => proxy.pod);
  const body = (type: string, name: string): Uint8Array => {
    const view = source.view(proxies[0]?.id ?? "");
    assert.ok(view);
    const key = source.keyOf(view, type, name);
    source.retain(type, [key]);
    const found = source.resource(type, key)?.body;
    assert.ok(found, name);
    return found;
  };
  const cluster = (): Cluster => {
    const found = anyUnpack(fromBinary(AnySchema, body(CLUSTER, LIMITER_CLUSTER)), ClusterSchema);
    assert.ok(found);
    return found;
  };
  const addresses = (): number => {
    const any = fromBinary(AnySchema, body(LOAD_ASSIGNMENT, LIMITER_CLUSTER));
    return anyUnpack(any, ClusterLoadAssignmentSchema)?.endpoints.flatMap((group) => group.lbEndpoints).length ?? 0;
  };
  return { graph, inputs, source, proxies, limit, install, askers, cluster, addresses };
}

function trustedNames({ transportSocket }: Cluster): (string | undefined)[] {
  assert.equal(transportSocket?.configType.case, "typedConfig");
  const any = transportSocket.configType.value;
  const validation = anyUnpack(any, UpstreamTlsContextSchema)?.commonTlsContext?.validationContextType;
  assert.equal(validation?.case, "combinedValidationContext");
  const names = validation.value.defaultValidationContext?.matchTypedSubjectAltNames ?? [];
  return names.map(({ matcher }) => matcher?.matchPattern.value?.toString());
}

test("only proxies with a Global rule get the cluster of the service that counts", () => {
  const { limit, askers } = world();
  assert.deepEqual(askers(), []);
  limit("a", LOCAL);
  assert.deepEqual(askers(), []);
  limit("a", LOCAL, GLOBAL);
  assert.deepEqual(askers(), ["a"]);
});

test("without the service the cluster is there, and empty; with it, it takes the service's own identity only", () => {
  const { limit, install, cluster, addresses } = world();
  limit("a", GLOBAL);
  assert.equal(cluster().clusterDiscoveryType.value, Discovery.STATIC);
  install();
  assert.equal(cluster().name, LIMITER_CLUSTER);
  assert.equal(cluster().clusterDiscoveryType.value, Discovery.EDS);
  assert.deepEqual(trustedNames(cluster()), ["spiffe://cluster.local/ns/istio-system/sa/lateen-ratelimit"]);
  assert.equal(addresses(), 1);
});

test("a namespace's Sidecar and DestinationRules neither hide the service nor take its TLS away", () => {
  const { inputs, limit, install, cluster, addresses } = world();
  limit("a", GLOBAL);
  install();
  const before = cluster();
  const metadata = { namespace: "default", name: "own" };
  inputs.sidecars.set("default/own", {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata,
    spec: { egress: [{ hosts: ["./*"] }], outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } },
  });
  inputs.destinationRules.set("default/own", {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata,
    spec: { host: "*.cluster.local", trafficPolicy: { tls: { mode: "DISABLE" } } },
  });
  assert.deepEqual(cluster(), before);
  assert.equal(addresses(), 1);
});

test("a RateLimit recomputes the listener of whom it selects, and no other", () => {
  const { graph, limit } = world();
  const recomputed: number[] = [];
  graph.onPass(({ collections }) => {
    recomputed.push(collections.find(({ name }) => name === "listeners")?.recomputed ?? 0);
  });
  limit("a", LOCAL);
  limit("a", { ...LOCAL, limit: { requests: 2, per: "1s" } });
  limit("nobody", LOCAL);
  limit("nobody", GLOBAL);
  assert.deepEqual(recomputed, [1, 1, 1, 0]);
});
