import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { VirtualHostSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { Graph } from "../../engine/graph.ts";
import type { PassReport } from "../../engine/types.ts";
import { type GatewayApi, wireGatewayApi } from "../../mesh/gateway-api/wire.ts";
import { meshInputs } from "../../mesh/inputs.ts";
import { wireMesh } from "../../mesh/mesh.ts";
import type { Peer, SourceChanges } from "../resource-source.ts";
import { CLUSTER, LISTENER, VIRTUAL_HOST } from "../types.ts";
import { MeshRows } from "./mesh-rows.ts";
import { EnvoySource } from "./source.ts";

function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const apis: GatewayApi[] = [];
  const mesh = wireMesh(graph, inputs, [
    (g, i, core) => {
      const api = wireGatewayApi(g, i, core);
      apis.push(api);
      return api;
    },
  ]);
  const [api] = apis;
  assert.ok(api);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, api));
  const service = (name: string, index: number): void =>
    inputs.services.set(`default/${name}`, {
      metadata: { name, namespace: "default" },
      spec: {
        clusterIP: `10.96.${index >> 8}.${index & 255}`,
        clusterIPs: [`10.96.${index >> 8}.${index & 255}`],
        selector: { app: name },
        ports: [{ name: "http", port: 9080, targetPort: 9080 }],
      },
    });
  const pod = (name: string, app: string): Peer => {
    inputs.pods.set(`default/${name}`, {
      metadata: {
        name,
        namespace: "default",
        labels: { app, "pod-template-hash": "abc" },
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${app}-abc`, uid: "u", controller: true },
        ],
      },
      spec: { containers: [{ name: "app" }], initContainers: [{ name: "istio-proxy" }] },
      status: { phase: "Running", podIP: "10.244.0.9" },
    });
    return {
      id: `sidecar~10.244.0.9~${name}.default~default.svc.cluster.local`,
      type: "sidecar",
      namespace: "default",
      pod: name,
      serviceAccount: "default",
      metadata: {},
      envoyVersion: "1.40.0",
    };
  };
  const route = (host: string, subset: string): void =>
    inputs.virtualServices.set(`default/${host}`, {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: host, namespace: "default" },
      spec: { hosts: [host], http: [{ route: [{ destination: { host, subset } }] }] },
    });
  const passes: PassReport[] = [];
  const changes: SourceChanges[] = [];
  graph.onPass((report) => passes.push(report));
  source.onChange((change) => changes.push(change));
  return { graph, inputs, source, service, pod, route, passes, changes };
}

type World = ReturnType<typeof world>;

function decode({ source }: World, type: string, key: string) {
  const resource = source.resource(type, key);
  assert.ok(resource?.body, `no ${type} under ${key}`);
  const any = fromBinary(AnySchema, resource.body);
  return anyUnpack(any, VirtualHostSchema) ?? anyUnpack(any, ClusterSchema);
}

function makeEager({ inputs }: World): void {
  const pod = inputs.pods.get("default/client-1");
  assert.ok(pod);
  const annotations = { "lateen.dev/delivery": "Eager" };
  inputs.pods.set("default/client-1", { ...pod, metadata: { ...pod.metadata, annotations } });
}

function ask(of: World, proxy: Peer, type: string, name: string): string {
  const view = of.source.view(proxy.id);
  assert.ok(view);
  const key = of.source.keyOf(view, type, name);
  of.source.retain(type, [key]);
  of.source.used(proxy.id, type, name);
  return key;
}

test("a proxy has no view before its pod is known, and then listeners for the mesh's HTTP ports and its own side", () => {
  const w = world();
  w.service("reviews", 1);
  const proxy = w.pod("client-1", "client");
  w.inputs.pods.delete("default/client-1");
  w.source.connect(proxy);
  assert.equal(w.source.view(proxy.id), undefined);
  w.pod("client-1", "client");
  assert.deepEqual(
    [...(w.source.view(proxy.id)?.push.get(LISTENER)?.keys() ?? [])],
    ["virtualOutbound", "virtualInbound", "0.0.0.0_9080"],
  );
});

test("a host asked for by its short name gets a virtual host of exactly that name, with its service's cluster", () => {
  const w = world();
  w.service("reviews", 1);
  const proxy = w.pod("client-1", "client");
  w.source.connect(proxy);
  const key = ask(w, proxy, VIRTUAL_HOST, "9080/reviews:9080");
  const host = decode(w, VIRTUAL_HOST, key);
  assert.ok(host?.$typeName === "envoy.config.route.v3.VirtualHost");
  assert.deepEqual([host.name, host.domains], ["9080/reviews:9080", ["reviews:9080"]]);
  const [first] = host.routes;
  assert.equal(
    first?.action.case === "route" && first.action.value.clusterSpecifier.value,
    "outbound|9080||reviews.default.svc.cluster.local",
  );
});

test("what one replica has used is pushed to its siblings, with the clusters of its routes, and to nobody else", () => {
  const w = world();
  w.service("reviews", 1);
  const [first, second, other] = [w.pod("client-1", "client"), w.pod("client-2", "client"), w.pod("other-1", "other")];
  for (const proxy of [first, second, other]) w.source.connect(proxy);
  ask(w, first, VIRTUAL_HOST, "9080/reviews:9080");
  const pushed = (proxy: Peer, type: string) => [...(w.source.view(proxy.id)?.push.get(type)?.keys() ?? [])];
  assert.ok(pushed(second, VIRTUAL_HOST).includes("9080/reviews:9080"));
  assert.ok(pushed(second, CLUSTER).includes("outbound|9080||reviews.default.svc.cluster.local"));
  assert.ok(!pushed(other, VIRTUAL_HOST).includes("9080/reviews:9080"));
});

test("a host that the mesh does not know is passed through, until it comes to be", () => {
  const w = world();
  w.service("reviews", 1);
  const proxy = w.pod("client-1", "client");
  w.source.connect(proxy);
  const key = ask(w, proxy, VIRTUAL_HOST, "9080/late:9080");
  const cluster = (): unknown => {
    const host = decode(w, VIRTUAL_HOST, key);
    assert.ok(host?.$typeName === "envoy.config.route.v3.VirtualHost");
    const action = host.routes[0]?.action;
    return action?.case === "route" ? action.value.clusterSpecifier.value : action?.case;
  };
  assert.equal(cluster(), "PassthroughCluster");
  w.service("late", 2);
  assert.equal(cluster(), "outbound|9080||late.default.svc.cluster.local");
  assert.ok(w.changes.at(-1)?.rows.get(VIRTUAL_HOST)?.has(key));
});

test("of 1,000 services, editing the VirtualService of one recomputes the rows of those who use it and no other", () => {
  const w = world();
  w.graph.batch(() => {
    for (let i = 0; i < 1000; i++) w.service(`svc-${i}`, i);
  });
  const [user, idle] = [w.pod("client-1", "client"), w.pod("other-1", "other")];
  w.source.connect(user);
  w.source.connect(idle);
  const key = ask(w, user, VIRTUAL_HOST, "9080/svc-7:9080");
  ask(w, idle, VIRTUAL_HOST, "9080/svc-8:9080");
  w.route("svc-7", "v1");
  w.passes.length = 0;
  w.changes.length = 0;
  w.route("svc-7", "v2");
  const rows = w.passes.flatMap(({ collections }) => collections);
  const recomputed = rows.reduce((sum, collection) => sum + collection.recomputed, 0);
  assert.ok(recomputed <= 8, JSON.stringify(rows));
  const views = new Set(w.changes.flatMap((change) => [...change.views]));
  assert.deepEqual([...views], [user.id]);
  const hosts = w.changes.flatMap((change) => [...(change.rows.get(VIRTUAL_HOST) ?? [])]);
  assert.deepEqual(hosts, [key]);
});

test("turned eager, a name asked for before gives its domain to the one virtual host that has all names of the host", () => {
  const w = world();
  w.service("reviews", 1);
  const proxy = w.pod("client-1", "client");
  w.source.connect(proxy);
  ask(w, proxy, VIRTUAL_HOST, "9080/reviews");
  makeEager(w);
  const domainsOf = (name: string): readonly string[] => {
    const host = decode(w, VIRTUAL_HOST, ask(w, proxy, VIRTUAL_HOST, name));
    return host?.$typeName === "envoy.config.route.v3.VirtualHost" ? host.domains : [];
  };
  const pushed = w.source.view(proxy.id)?.push.get(VIRTUAL_HOST);
  assert.ok(pushed?.has("9080/reviews.default.svc.cluster.local") && !pushed.has("9080/reviews"));
  assert.ok(domainsOf("9080/reviews.default.svc.cluster.local").includes("reviews"));
  assert.deepEqual(domainsOf("9080/reviews"), ["reviews.lateen.invalid"]);
});

test("eager delivery pushes hosts that only a VirtualService knows, by the names under which it knows them", () => {
  const w = world();
  w.service("reviews", 1);
  const proxy = w.pod("client-1", "client");
  makeEager(w);
  w.source.connect(proxy);
  w.inputs.virtualServices.set("default/outside", {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "outside", namespace: "default" },
    spec: { hosts: ["books.example.com"], http: [{ route: [{ destination: { host: "reviews" } }] }] },
  });
  const pushed = w.source.view(proxy.id)?.push.get(VIRTUAL_HOST);
  assert.ok(pushed?.has("9080/books.example.com"), [...(pushed?.keys() ?? [])].join());
  const host = decode(w, VIRTUAL_HOST, ask(w, proxy, VIRTUAL_HOST, "9080/books.example.com"));
  assert.ok(host?.$typeName === "envoy.config.route.v3.VirtualHost");
  assert.deepEqual(host.domains, ["books.example.com"]);
  const action = host.routes[0]?.action;
  assert.equal(
    action?.case === "route" && action.value.clusterSpecifier.value,
    "outbound|9080||reviews.default.svc.cluster.local",
  );
});

test("rows that nobody wants any more are gone", () => {
  const w = world();
  w.service("reviews", 1);
  const proxy = w.pod("client-1", "client");
  w.source.connect(proxy);
  const key = ask(w, proxy, VIRTUAL_HOST, "9080/reviews:9080");
  w.source.release(VIRTUAL_HOST, [key]);
  assert.equal(w.source.resource(VIRTUAL_HOST, key), undefined);
});
