import assert from "node:assert/strict";
import { it } from "node:test";
import { endpointsOf } from "../endpoints.ts";
import { created, pod, service, slice, testMesh } from "../testing.ts";
import { type PeerMode, peerModeAt } from "./peer-modes.ts";

interface Spec {
  name?: string;
  namespace?: string;
  mode?: "UNSET" | "DISABLE" | "PERMISSIVE" | "STRICT";
  selector?: Record<string, string>;
  ports?: Record<string, Spec["mode"]>;
  age?: number;
}

function world() {
  const test = testMesh();
  test.inputs.pods.set("default/reviews-1", pod("reviews-1", "10.0.0.1", { app: "reviews" }));
  test.inputs.pods.set("team/other-1", pod("other-1", "10.0.0.2", { app: "other" }, "team"));
  const put = ({ name = "p", namespace = "default", mode, selector, ports, age = 0 }: Spec): void => {
    const portLevelMtls = Object.fromEntries(
      Object.entries(ports ?? {}).map(([port, own]) => [port, own === undefined ? {} : { mode: own }]),
    );
    test.inputs.peerAuthentications.set(`${namespace}/${name}`, {
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      metadata: { name, namespace, creationTimestamp: created(age) },
      spec: {
        ...(mode && { mtls: { mode } }),
        ...(selector && { selector: { matchLabels: selector } }),
        ...(ports && { portLevelMtls }),
      },
    });
  };
  const { wanted } = test.mesh.peerAuthentications;
  const at = (port: number, key = "default/reviews-1"): PeerMode | undefined => {
    const modes = wanted.get(key);
    return modes && peerModeAt(modes, port);
  };
  return { ...test, put, at };
}

const ROOT = "istio-system";
const reviews = { app: "reviews" };

const CASES: { says: string; policies: Spec[]; mode: PeerMode; on9090?: PeerMode }[] = [
  { says: "without policies both are taken", policies: [], mode: "Permissive" },
  { says: "the mesh's policy is for all", policies: [{ namespace: ROOT, mode: "STRICT" }], mode: "Strict" },
  {
    says: "the namespace's goes before the mesh's",
    policies: [
      { namespace: ROOT, mode: "STRICT" },
      { mode: "DISABLE", age: 9 },
    ],
    mode: "Disable",
  },
  {
    says: "the workload's goes before the namespace's",
    policies: [
      { mode: "DISABLE" },
      { name: "w", selector: reviews, mode: "STRICT", age: 9 },
      { name: "x", selector: { app: "ratings" }, mode: "PERMISSIVE" },
    ],
    mode: "Strict",
  },
  {
    says: "what is unset is inherited, up to the mesh's",
    policies: [{ namespace: ROOT, mode: "STRICT" }, { mode: "UNSET" }, { name: "w", selector: reviews }],
    mode: "Strict",
  },
  {
    says: "unset everywhere is both",
    policies: [{ namespace: ROOT, mode: "UNSET" }, {}],
    mode: "Permissive",
  },
  {
    says: "of two for a namespace the older counts, also when it says nothing",
    policies: [
      { name: "younger", mode: "STRICT", age: 2 },
      { name: "older", mode: "UNSET", age: 1 },
    ],
    mode: "Permissive",
  },
  {
    says: "of two for a workload the older counts, and its ports alone",
    policies: [
      { name: "younger", selector: reviews, mode: "DISABLE", ports: { 9090: "DISABLE" }, age: 2 },
      { name: "older", selector: reviews, mode: "STRICT", age: 1 },
    ],
    mode: "Strict",
    on9090: "Strict",
  },
  {
    says: "a policy of the root namespace with a selector is for nobody",
    policies: [{ namespace: ROOT, selector: reviews, mode: "STRICT" }],
    mode: "Permissive",
  },
  {
    says: "an empty selector is none",
    policies: [{ selector: {}, mode: "STRICT" }],
    mode: "Strict",
  },
  {
    says: "a port has its own",
    policies: [{ selector: reviews, mode: "STRICT", ports: { 9090: "DISABLE" } }],
    mode: "Strict",
    on9090: "Disable",
  },
  {
    says: "a port's own stands over a mode that is inherited",
    policies: [{ mode: "STRICT" }, { name: "w", selector: reviews, ports: { 9090: "PERMISSIVE" } }],
    mode: "Strict",
    on9090: "Permissive",
  },
  {
    says: "an unset port has the workload's",
    policies: [{ selector: reviews, mode: "STRICT", ports: { 9090: "UNSET" } }],
    mode: "Strict",
    on9090: "Strict",
  },
  { says: "another namespace's is not ours", policies: [{ namespace: "team", mode: "STRICT" }], mode: "Permissive" },
];

for (const { says, policies, mode, on9090 = mode } of CASES) {
  it(says, () => {
    const { put, at } = world();
    policies.forEach(put);
    assert.deepEqual([at(8080), at(9090)], [mode, on9090]);
  });
}

it("a policy recomputes only the pods that it may concern, and changes only their endpoints", () => {
  const { graph, inputs, mesh, put, read } = world();
  inputs.services.set("default/reviews", service("reviews"));
  inputs.endpointSlices.set("default/reviews-1", slice("reviews", [{ pod: "reviews-1", ip: "10.0.0.1" }]));
  for (let i = 0; i < 20; i++) {
    inputs.services.set(`team/s${i}`, service(`s${i}`, "team"));
    inputs.endpointSlices.set(`team/s${i}-1`, slice(`s${i}`, [{ pod: "other-1", ip: "10.0.0.2" }], "team"));
  }
  const passes: Record<string, number>[] = [];
  graph.onPass(({ collections }) => {
    passes.push(Object.fromEntries(collections.map(({ name, recomputed }) => [name, recomputed])));
  });
  const meshed = () =>
    endpointsOf(mesh.endpoints, read, "reviews.default.svc.cluster.local", 9080, {})?.map((each) => each.meshed);
  assert.deepEqual(meshed(), [true]);
  put({ mode: "DISABLE" });
  assert.deepEqual(meshed(), [false]);
  assert.deepEqual([passes[0]?.["peer modes"], passes[0]?.endpoints], [1, 1]);
  put({ mode: "STRICT" });
  put({ mode: "PERMISSIVE" });
  assert.deepEqual(meshed(), [true]);
  // what clients send stays the same between these two
  assert.deepEqual([passes[2]?.["peer modes"], passes[2]?.endpoints], [1, undefined]);
});

it("endpoints without a sidecar in the way take no mutual TLS", () => {
  const { inputs, mesh, read } = world();
  const plain = pod("plain-1", "10.0.0.3", reviews);
  inputs.pods.set("default/plain-1", { ...plain, spec: { containers: [{ name: "app" }] } });
  const annotated = (name: string, ip: string, annotation: string, value: string): void => {
    const object = pod(name, ip, reviews);
    const metadata = { ...object.metadata, annotations: { [annotation]: value } };
    inputs.pods.set(`default/${name}`, { ...object, metadata });
  };
  annotated("around-1", "10.0.0.4", "sidecar.istio.io/interceptionMode", "NONE");
  annotated("past-1", "10.0.0.6", "traffic.sidecar.istio.io/excludeInboundPorts", "22, 9080");
  annotated("other-1", "10.0.0.7", "traffic.sidecar.istio.io/includeInboundPorts", "80");
  annotated("in-1", "10.0.0.8", "traffic.sidecar.istio.io/includeInboundPorts", "80,9080");
  inputs.pods.set("default/off-1", pod("off-1", "10.0.0.5", { ...reviews, "security.istio.io/tlsMode": "disabled" }));
  inputs.services.set("default/reviews", service("reviews"));
  const names = ["reviews-1", "plain-1", "around-1", "off-1", "past-1", "other-1", "in-1"];
  const addresses = ["10.0.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8"];
  inputs.endpointSlices.set(
    "default/reviews-1",
    slice(
      "reviews",
      names.map((name, i) => ({ pod: name, ip: addresses[i] ?? "" })),
    ),
  );
  const found = endpointsOf(mesh.endpoints, read, "reviews.default.svc.cluster.local", 9080, {}) ?? [];
  assert.deepEqual(
    found.map(({ meshed }) => meshed),
    [true, false, false, false, false, false, true],
  );
});
