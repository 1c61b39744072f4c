import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { VirtualServiceSpec } from "../kinds/istio/virtual-service-schema.ts";
import { clusterSpec, endpointsOf, outboundTrafficPolicy, routeTable } from "./lookups.ts";
import { scopeOf } from "./selectors.ts";
import { created, pod, service, slice, type TestMesh, testMesh } from "./testing.ts";

const HOST = "reviews.default.svc.cluster.local";

function bookinfo(): TestMesh {
  const world = testMesh();
  const { inputs } = world;
  inputs.services.set("default/reviews", service("reviews"));
  inputs.services.set("default/ratings", service("ratings", "default", { clusterIP: "10.96.0.2" }));
  inputs.pods.set("default/reviews-v1", pod("reviews-v1", "10.244.0.2", { app: "reviews", version: "v1" }));
  inputs.pods.set("default/reviews-v2", pod("reviews-v2", "10.244.0.3", { app: "reviews", version: "v2" }));
  inputs.endpointSlices.set(
    "default/reviews-1",
    slice("reviews", [
      { pod: "reviews-v1", ip: "10.244.0.2" },
      { pod: "reviews-v2", ip: "10.244.0.3" },
    ]),
  );
  return world;
}

function virtualService(
  world: TestMesh,
  name: string,
  spec: VirtualServiceSpec,
  second = 0,
  namespace = "default",
): void {
  world.inputs.virtualServices.set(`${namespace}/${name}`, {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace, creationTimestamp: created(second) },
    spec,
  });
}

const toSubset = (subset: string) => [{ destination: { host: "reviews", subset } }];

function destinations(world: TestMesh, host: string, scope = "default", port = 9080): unknown {
  const table = routeTable(world.mesh, world.read, scope, host, port);
  return table?.routes.map(({ action }) =>
    action.type === "Forward"
      ? action.destinations.map((to) => `${to.host}:${to.port}/${to.subset}*${to.weight}`).join(" ")
      : action.type,
  );
}

describe("routeTable", () => {
  it("understands short names, full names, addresses and ports that clients write", () => {
    const world = bookinfo();
    const names = [
      "reviews",
      "Reviews:9080",
      "reviews.default",
      "reviews.default.svc",
      HOST,
      `${HOST}.`,
      "10.96.0.1:9080",
    ];
    for (const name of names) {
      assert.equal(routeTable(world.mesh, world.read, "default", name, 9080)?.service?.host, HOST, name);
    }
    assert.equal(routeTable(world.mesh, world.read, "other", "reviews", 9080), undefined);
    assert.equal(routeTable(world.mesh, world.read, "default", "reviews", 80), undefined);
    assert.equal(routeTable(world.mesh, world.read, "default", "example.com", 9080), undefined);
    assert.equal(routeTable(world.mesh, world.read, "other", "reviews.default", 9080)?.service?.host, HOST);
  });

  it("leads to a headless service by the names of its pods", () => {
    const world = bookinfo();
    world.inputs.services.set("default/db", service("db", "default", { clusterIP: "None" }));
    for (const name of ["db-0.db", "db-0.db.default", "db-0.db.default.svc.cluster.local"]) {
      assert.deepEqual(destinations(world, name), ["db.default.svc.cluster.local:9080/*1"], name);
    }
    assert.equal(destinations(world, "x.reviews"), undefined);
  });

  it("keeps working when the mesh's settings cannot be read", () => {
    const world = bookinfo();
    world.inputs.configMaps.set("istio-system/istio", { metadata: { name: "istio" }, data: { mesh: "a: [" } });
    world.inputs.services.set("default/late", service("late"));
    assert.deepEqual(destinations(world, "late"), ["late.default.svc.cluster.local:9080/*1"]);
    assert.equal(world.graph.failures().length, 1);
  });

  it("goes to the service itself where there is no VirtualService", () => {
    assert.deepEqual(destinations(bookinfo(), "reviews"), [`${HOST}:9080/*1`]);
  });

  it("follows a VirtualService, whose short names are of its own namespace", () => {
    const world = bookinfo();
    virtualService(world, "reviews", { hosts: ["reviews"], http: [{ route: toSubset("v1") }] });
    assert.deepEqual(destinations(world, "reviews"), [`${HOST}:9080/v1*1`]);
    assert.deepEqual(destinations(world, "reviews.default", "other"), [`${HOST}:9080/v1*1`]);
  });

  it("takes the oldest of several VirtualServices for one host, and an exact host before a wildcard", () => {
    const world = bookinfo();
    virtualService(world, "b-old", { hosts: ["reviews"], http: [{ route: toSubset("v1") }] }, 1);
    virtualService(world, "a-new", { hosts: ["reviews"], http: [{ route: toSubset("v2") }] }, 2);
    virtualService(world, "all", { hosts: ["*.default.svc.cluster.local"], http: [{ route: toSubset("v3") }] }, 0);
    assert.deepEqual(destinations(world, "reviews"), [`${HOST}:9080/v1*1`]);
    assert.deepEqual(destinations(world, "ratings"), [`${HOST}:9080/v3*1`]);
  });

  it("shows a VirtualService only to the namespaces that it is exported to", () => {
    const world = bookinfo();
    virtualService(world, "reviews", { hosts: ["reviews"], exportTo: ["."], http: [{ route: toSubset("v1") }] });
    assert.deepEqual(destinations(world, "reviews"), [`${HOST}:9080/v1*1`]);
    assert.deepEqual(destinations(world, "reviews.default", "other"), [`${HOST}:9080/*1`]);
  });

  it("leaves out rules for other ports, gateways, source labels and namespaces", () => {
    const world = bookinfo();
    const labelled = { sourceLabels: { app: "productpage" } };
    virtualService(world, "reviews", {
      hosts: ["reviews"],
      http: [
        { match: [{ port: 80 }], route: toSubset("port") },
        { match: [{ gateways: ["edge"] }], route: toSubset("edge") },
        { match: [{ sourceNamespace: "other" }], route: toSubset("namespace") },
        { match: [labelled], route: toSubset("labels") },
        { route: toSubset("v1") },
      ],
    });
    const client = { namespace: "default", labels: { app: "productpage", version: "v1" } };
    const scope = scopeOf(world.mesh.selectors, world.read, client);
    assert.equal(scope, "default?app=productpage");
    assert.deepEqual(destinations(world, "reviews"), [`${HOST}:9080/v1*1`]);
    assert.deepEqual(destinations(world, "reviews", scope), [`${HOST}:9080/labels*1`]);
    assert.deepEqual(destinations(world, "reviews.default", "other"), [`${HOST}:9080/namespace*1`]);
  });

  it("is as without a VirtualService for a client that none of its rules concerns", () => {
    const world = bookinfo();
    virtualService(world, "reviews", { hosts: ["reviews"], http: [{ match: [{ port: 80 }], route: toSubset("v1") }] });
    assert.deepEqual(destinations(world, "reviews"), [`${HOST}:9080/*1`]);
  });

  it("narrows a delegate's rules to the root's", () => {
    const world = bookinfo();
    virtualService(world, "root", {
      hosts: ["reviews"],
      http: [{ name: "root", match: [{ uri: { prefix: "/api" } }], delegate: { name: "leaf", namespace: "team" } }],
    });
    assert.deepEqual(destinations(world, "reviews"), [`${HOST}:9080/*1`]);
    const leaf: VirtualServiceSpec = {
      http: [
        { name: "v1", match: [{ uri: { prefix: "/api/v1" } }], route: [{ destination: { host: "reviews" } }] },
        { name: "outside", match: [{ uri: { prefix: "/other" } }], route: toSubset("v2") },
      ],
    };
    virtualService(world, "leaf", leaf, 0, "team");
    const routes = routeTable(world.mesh, world.read, "default", "reviews", 9080)?.routes;
    assert.deepEqual(
      routes?.map(({ name, matches }) => [name, matches[0]?.path]),
      [["root-v1", { type: "Prefix", value: "/api/v1" }]],
    );
    assert.deepEqual(destinations(world, "reviews"), ["reviews.team.svc.cluster.local:9080/*1"]);
  });

  it("serves a host that only a VirtualService knows", () => {
    const world = bookinfo();
    virtualService(world, "alias", { hosts: ["stars.example.com"], http: [{ route: toSubset("v2") }] });
    const table = routeTable(world.mesh, world.read, "default", "stars.example.com", 80);
    assert.equal(table?.service, undefined);
    assert.deepEqual(table?.domainsHint, ["stars.example.com"]);
    assert.deepEqual(destinations(world, "stars.example.com", "default", 80), [`${HOST}:9080/v2*1`]);
  });

  it("finds a ServiceEntry's hosts, also by a wildcard, and a Kubernetes Service before one that claims its host", () => {
    const world = bookinfo();
    const entry = (name: string, hosts: string[]) =>
      world.inputs.serviceEntries.set(`default/${name}`, {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name, namespace: "default" },
        spec: { hosts, ports: [{ number: 9080, name: "http", protocol: "HTTP" }], resolution: "DNS" },
      });
    entry("wild", ["*.example.com"]);
    entry("squatter", [HOST]);
    assert.deepEqual(destinations(world, "a.b.example.com"), ["*.example.com:9080/*1"]);
    const table = routeTable(world.mesh, world.read, "default", "reviews", 9080);
    assert.equal(table?.service?.origin.kind, "Service");
  });
});

describe("a Sidecar", () => {
  function sidecar(world: TestMesh, name: string, hosts: string[], labels?: Record<string, string>): void {
    world.inputs.sidecars.set(`default/${name}`, {
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name, namespace: "default" },
      spec: {
        ...(labels && { workloadSelector: { labels } }),
        egress: [{ hosts }],
        outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
      },
    });
  }
  const scope = (world: TestMesh, labels: Record<string, string> = {}) =>
    scopeOf(world.mesh.selectors, world.read, { namespace: "default", labels });

  it("narrows what clients of its namespace know, and what becomes of the rest", () => {
    const world = bookinfo();
    world.inputs.services.set("other/details", service("details", "other"));
    sidecar(world, "narrow", [`./${HOST}`, "istio-system/*"]);
    assert.equal(scope(world), "default#default/narrow");
    assert.deepEqual(destinations(world, "reviews", scope(world)), [`${HOST}:9080/*1`]);
    assert.equal(destinations(world, "ratings", scope(world)), undefined);
    assert.equal(destinations(world, "details.other", scope(world)), undefined);
    assert.notEqual(destinations(world, "details.other", "default"), undefined);
    assert.equal(outboundTrafficPolicy(world.mesh, world.read, scope(world)), "REGISTRY_ONLY");
    assert.equal(outboundTrafficPolicy(world.mesh, world.read, "default"), "ALLOW_ANY");
  });

  it("for certain workloads goes before that of the namespace", () => {
    const world = bookinfo();
    sidecar(world, "all", ["./*"]);
    sidecar(world, "special", ["*/*"], { app: "x" });
    assert.equal(scope(world, { app: "x", version: "v1" }), "default#default/special");
    assert.equal(scope(world, { app: "y" }), "default#default/all");
  });
});

describe("clusterSpec", () => {
  function rule(world: TestMesh, name: string, namespace: string, spec: object, second = 0): void {
    world.inputs.destinationRules.set(`${namespace}/${name}`, {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name, namespace, creationTimestamp: created(second) },
      spec: { host: HOST, ...spec },
    });
  }
  const balancer = (simple: string) => ({ trafficPolicy: { loadBalancer: { simple } } });
  const policy = (world: TestMesh, scope: string, subset = "") =>
    clusterSpec(world.mesh, world.read, scope, 9080, subset, HOST)?.policy.loadBalancer?.type;

  it("exists for the ports of services, and for the subsets that a DestinationRule names", () => {
    const world = bookinfo();
    assert.deepEqual(clusterSpec(world.mesh, world.read, "default", 9080, "", HOST)?.policy, {});
    assert.equal(clusterSpec(world.mesh, world.read, "default", 80, "", HOST), undefined);
    assert.equal(clusterSpec(world.mesh, world.read, "default", 9080, "v1", HOST), undefined);
    rule(world, "reviews", "default", { subsets: [{ name: "v1", labels: { version: "v1" } }] });
    assert.deepEqual(clusterSpec(world.mesh, world.read, "default", 9080, "v1", HOST)?.subsetLabels, { version: "v1" });
  });

  it("prefers the client's namespace, then the service's, then the root namespace", () => {
    const world = bookinfo();
    rule(world, "all", "istio-system", { ...balancer("RANDOM"), host: "*.local" });
    assert.equal(policy(world, "client"), "Random");
    rule(world, "own", "default", balancer("ROUND_ROBIN"));
    assert.equal(policy(world, "client"), "RoundRobin");
    rule(world, "mine", "client", balancer("PASSTHROUGH"));
    assert.equal(policy(world, "client"), "Passthrough");
    assert.equal(policy(world, "other"), "RoundRobin");
  });

  it("merges rules for one host: subsets add up, the oldest traffic policy stays", () => {
    const world = bookinfo();
    rule(world, "b", "default", { ...balancer("RANDOM"), subsets: [{ name: "v1" }] }, 1);
    rule(
      world,
      "a",
      "default",
      { ...balancer("ROUND_ROBIN"), subsets: [{ name: "v2", ...balancer("PASSTHROUGH") }] },
      2,
    );
    assert.equal(policy(world, "default", "v1"), "Random");
    assert.equal(policy(world, "default", "v2"), "Passthrough");
  });

  it("lets a port's settings replace the destination's, and a subset's go over both", () => {
    const world = bookinfo();
    const spec = {
      trafficPolicy: {
        loadBalancer: { simple: "RANDOM" },
        connectionPool: { tcp: { maxConnections: 5 } },
        portLevelSettings: [{ port: { number: 9080 }, loadBalancer: { simple: "ROUND_ROBIN" } }],
      },
      subsets: [{ name: "v1", trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } } }],
    };
    rule(world, "reviews", "default", spec);
    const base = clusterSpec(world.mesh, world.read, "default", 9080, "", HOST)?.policy;
    assert.deepEqual([base?.loadBalancer, base?.connectionPool], [{ type: "RoundRobin" }, undefined]);
    const v1 = clusterSpec(world.mesh, world.read, "default", 9080, "v1", HOST)?.policy;
    assert.deepEqual([v1?.loadBalancer, v1?.connectionPool], [{ type: "RoundRobin" }, { maxConnections: 7 }]);
  });

  it("applies a rule with a workloadSelector to the workloads of its namespace that match", () => {
    const world = bookinfo();
    rule(world, "general", "default", balancer("RANDOM"), 0);
    rule(
      world,
      "special",
      "default",
      { ...balancer("ROUND_ROBIN"), workloadSelector: { matchLabels: { app: "x" } } },
      1,
    );
    const scope = scopeOf(world.mesh.selectors, world.read, { namespace: "default", labels: { app: "x" } });
    assert.equal(policy(world, scope), "RoundRobin");
    assert.equal(policy(world, "default"), "Random");
  });
});

describe("endpointsOf", () => {
  it("gives the endpoints of a port, and of a subset those with its labels", () => {
    const world = bookinfo();
    const ips = (labels: Record<string, string>) =>
      endpointsOf(world.mesh, world.read, HOST, 9080, labels)?.map(({ address }) => address);
    assert.deepEqual(ips({}), ["10.244.0.2", "10.244.0.3"]);
    assert.deepEqual(ips({ version: "v2" }), ["10.244.0.3"]);
    assert.deepEqual(ips({ version: "v9" }), []);
    assert.equal(endpointsOf(world.mesh, world.read, "nobody", 9080, {}), undefined);
  });

  it("leaves out unready endpoints and keeps terminating ones that still serve as draining", () => {
    const world = bookinfo();
    world.inputs.endpointSlices.set(
      "default/reviews-1",
      slice("reviews", [
        { pod: "reviews-v1", ip: "10.244.0.2", conditions: { ready: false, serving: false, terminating: true } },
        { pod: "reviews-v2", ip: "10.244.0.3", conditions: { ready: false, serving: true, terminating: true } },
      ]),
    );
    const found = endpointsOf(world.mesh, world.read, HOST, 9080, {});
    assert.deepEqual(
      found?.map(({ address, health, meshed }) => [address, health, meshed]),
      [["10.244.0.3", "Draining", true]],
    );
  });

  it("has the pods and WorkloadEntries that a ServiceEntry selects", () => {
    const world = bookinfo();
    world.inputs.serviceEntries.set("default/vm", {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: { name: "vm", namespace: "default" },
      spec: {
        hosts: ["vm.example.com"],
        ports: [{ number: 80, name: "http", protocol: "HTTP", targetPort: 8080 }],
        resolution: "STATIC",
        workloadSelector: { labels: { version: "v1" } },
      },
    });
    world.inputs.workloadEntries.set("default/vm-1", {
      apiVersion: "networking.istio.io/v1",
      kind: "WorkloadEntry",
      metadata: { name: "vm-1", namespace: "default" },
      spec: { address: "192.0.2.7", ports: { http: 7000 }, labels: { version: "v1" } },
    });
    const found = endpointsOf(world.mesh, world.read, "vm.example.com", 80, {});
    assert.deepEqual(
      found?.map(({ address, port }) => `${address}:${port}`),
      ["10.244.0.2:8080", "192.0.2.7:7000"],
    );
  });
});
