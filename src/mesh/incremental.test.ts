import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Graph } from "../engine/graph.ts";
import { plainReader } from "../engine/plain-reader.ts";
import { gatewayPorts } from "./gateways.ts";
import { meshInputs } from "./inputs.ts";
import { clusterSpec, endpointsOf, routeTable, tcpRoutes } from "./lookups.ts";
import { type MeshCollections, wireMesh } from "./mesh.ts";
import { scopeOf } from "./selectors.ts";
import { created, pod, service, slice } from "./testing.ts";

const NAMESPACES = ["default", "team", "istio-system"];
const NAMES = ["reviews", "ratings", "edge"];
const HOSTS = ["reviews", "ratings.default.svc.cluster.local", "*.example.com", "a.example.com", "*"];

/** What is set (or, with false, deleted): small worlds, so that objects meet. */
const edit = fc.record({
  kind: fc.constantFrom(
    "service",
    "pod",
    "gateway pod",
    "slice",
    "vs",
    "delegate",
    "dr",
    "gateway",
    "se",
    "we",
    "sidecar",
    "settings",
  ),
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom(...NAMES),
  host: fc.constantFrom(...HOSTS),
  label: fc.constantFrom("v1", "v2"),
  number: fc.constantFrom(80, 9080),
  flag: fc.boolean(),
  set: fc.oneof({ arbitrary: fc.constant(true), weight: 3 }, { arbitrary: fc.constant(false), weight: 1 }),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  return { graph, inputs, mesh: wireMesh(graph, inputs) };
}

function apply({ inputs }: ReturnType<typeof world>, change: Edit): unknown {
  const { kind, namespace, name, host, label, number, flag, set } = change;
  const key = `${namespace}/${name}`;
  const metadata = { name, namespace, creationTimestamp: created(number) };
  const object = { apiVersion: "networking.istio.io/v1", kind: "", metadata };
  const labels = { app: name, version: label };
  const destination = { host: flag ? "reviews" : "ratings.default", subset: label };
  const put = <V>(input: { set(key: string, value: V): void; delete(key: string): void }, value: V): void =>
    set ? input.set(key, value) : input.delete(key);
  switch (kind) {
    case "service": {
      const annotations = flag ? { "networking.istio.io/exportTo": "." } : {};
      const ports = [{ name: flag ? "http" : "tcp-x", port: number, targetPort: 8080 }];
      const made = service(name, namespace, { selector: { version: label }, ports });
      return put(inputs.services, { ...made, metadata: { ...metadata, annotations } });
    }
    case "pod":
      return put(inputs.pods, pod(name, "10.244.0.2", labels, namespace));
    case "gateway pod": {
      const made = pod(name, "10.244.0.3", labels, namespace);
      return put(inputs.pods, { ...made, spec: { containers: [{ name: "istio-proxy" }] } });
    }
    case "slice":
      return put(
        inputs.endpointSlices,
        slice(name, [{ pod: name, ip: "10.244.0.2", conditions: { ready: flag } }], namespace),
      );
    case "vs": {
      const match = [{ sourceLabels: { version: label }, port: number }, { gateways: ["edge", "mesh"] }];
      const handOver = { match: [{ uri: { prefix: "/x" } }], delegate: { name: "leaf", namespace } };
      const http = flag ? [handOver] : [{ match, route: [{ destination }] }];
      return put(inputs.virtualServices, { ...object, spec: { hosts: [host], gateways: ["mesh", "edge"], http } });
    }
    case "delegate": {
      const leaf = {
        ...object,
        metadata: { ...metadata, name: "leaf" },
        spec: { http: [{ route: [{ destination }] }] },
      };
      return set
        ? inputs.virtualServices.set(`${namespace}/leaf`, leaf)
        : inputs.virtualServices.delete(`${namespace}/leaf`);
    }
    case "dr": {
      const selector = flag ? { workloadSelector: { matchLabels: { version: label } } } : {};
      const subsets = [{ name: label, labels: { version: label } }];
      return put(inputs.destinationRules, { ...object, spec: { host, subsets, ...selector } });
    }
    case "gateway": {
      const servers = [
        { port: { number, name: "http", protocol: flag ? "HTTP" : "TCP" }, hosts: [host === "reviews" ? "*" : host] },
      ];
      return put(inputs.gateways, { ...object, spec: { selector: flag ? { version: label } : {}, servers } });
    }
    case "se": {
      const ports = [{ number, name: "http", protocol: "HTTP" }];
      const workloadSelector = { labels: { version: label } };
      return put(inputs.serviceEntries, {
        ...object,
        spec: { hosts: [host], ports, resolution: "STATIC", workloadSelector },
      });
    }
    case "we":
      return put(inputs.workloadEntries, { ...object, spec: { address: "192.0.2.1", labels } });
    case "sidecar": {
      const selector = flag ? { workloadSelector: { labels: { version: label } } } : {};
      return put(inputs.sidecars, { ...object, spec: { egress: [{ hosts: [`./*`, `*/${host}`] }], ...selector } });
    }
    case "settings": {
      const mesh = flag ? "rootNamespace: team" : "outboundTrafficPolicy: {mode: REGISTRY_ONLY}";
      const config = { metadata: { name: "istio", namespace: "istio-system" }, data: { mesh } };
      return set ? inputs.configMaps.set("istio-system/istio", config) : inputs.configMaps.delete("istio-system/istio");
    }
  }
}

/** Everything that can be asked of the mesh, by what the incremental rows give. */
function answers(mesh: MeshCollections): unknown {
  const read = plainReader;
  const scopes = NAMESPACES.flatMap((namespace) =>
    [{}, { version: "v1" }].map((labels) => scopeOf(mesh.selectors, read, { namespace, labels })),
  );
  const hosts = ["reviews", "reviews.default", "ratings.team.svc.cluster.local", "a.example.com", "10.96.0.1"];
  const perScope = scopes.map((scope) => [
    scope,
    hosts.map((host) => [80, 9080].map((port) => routeTable(mesh, read, scope, host, port))),
    hosts.map((host) => ["", "v1"].map((subset) => clusterSpec(mesh, read, scope, 9080, subset, host))),
    hosts.map((host) => tcpRoutes(mesh, read, scope, host, 80)),
  ]);
  const endpoints = hosts.map((host) => endpointsOf(mesh, read, host, 9080, { version: "v1" }));
  const gateways = [...mesh.gatewayWorkloads.rows.keys()].map((key) => [key, gatewayPorts(mesh.gateways, read, key)]);
  return { perScope, endpoints, gateways: gateways.sort() };
}

/** The rows themselves, of the collections that lookups do not show whole. */
function rows(mesh: MeshCollections): unknown[] {
  const { settings, services, workloads, endpoints, virtualServices, destinationRules, gatewayWorkloads } = mesh;
  const collections = [settings, services.fromKubernetes.rows, services.fromEntries.rows, workloads.rows];
  const more = [endpoints.ofServices, endpoints.ofEntries, virtualServices.rows, destinationRules.rows];
  return [...collections, ...more, gatewayWorkloads.rows].map((rows) => [...rows.entries()].sort());
}

it("the mesh after any sequence of changes is the mesh made from what is left", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 30 }), (edits) => {
      const incremental = world();
      for (const change of edits) apply(incremental, change);
      const scratch = world();
      scratch.graph.batch(() => {
        for (const change of edits) apply(scratch, change);
      });
      assert.deepEqual(incremental.graph.failures(), []);
      assert.deepEqual(rows(incremental.mesh), rows(scratch.mesh));
      assert.deepEqual(answers(incremental.mesh), answers(scratch.mesh));
    }),
    { numRuns: 150 },
  );
});

it("one VirtualService edit among many recomputes its own rows only", () => {
  const { graph, inputs, mesh } = world();
  const spec = (i: number, version: string) => ({
    hosts: [`s${i}`],
    http: [{ route: [{ destination: { host: `s${i}`, subset: version } }] }],
  });
  const virtualService = (i: number, version: string) =>
    inputs.virtualServices.set(`default/s${i}`, {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: `s${i}`, namespace: "default" },
      spec: spec(i, version),
    });
  graph.batch(() => {
    for (let i = 0; i < 200; i++) {
      inputs.services.set(`default/s${i}`, service(`s${i}`));
      virtualService(i, "v1");
    }
  });
  const tables = graph.derive("route tables", inputs.services, (key, _value, read) =>
    routeTable(mesh, read, "default", key.replace("default/", ""), 9080),
  );
  let recomputed = 0;
  graph.onPass(({ collections }) => {
    for (const each of collections) recomputed += each.recomputed;
  });
  virtualService(7, "v2");
  assert.equal(tables.get("default/s7")?.routes[0]?.action.type, "Forward");
  assert.ok(recomputed <= 10, `${recomputed} rows recomputed`);
});
