/** Certificates on the stream: for whom, and when nothing is said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../engine/graph.ts";
import type { Peer } from "../envoy/resource-source.ts";
import { LISTENER, SECRET } from "../envoy/types.ts";
import { MeshRows } from "../envoy/wire/mesh-rows.ts";
import { EnvoySource } from "../envoy/wire/source.ts";
import { type GatewayApi, wireGatewayApi } from "../mesh/gateway-api/wire.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { wireMesh } from "../mesh/mesh.ts";
import { Hub } from "./hub.ts";
import { brief, FakeProxy, peer } from "./testing/fake-proxy.ts";

function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const wired: GatewayApi[] = [];
  const mesh = wireMesh(graph, inputs, [
    (...parts) => {
      const api = wireGatewayApi(...parts);
      wired.push(api);
      return api;
    },
  ]);
  const [api] = wired;
  assert.ok(api);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, api));
  const hub = new Hub(source);
  source.roots.set("", "ROOTS");
  const proxyContainer = { name: "istio-proxy", env: [{ name: "SECRET_TTL", value: "1h" }] };
  const pod = (name: string, uid: string, serviceAccount = name): void =>
    inputs.pods.set(`default/${name}`, {
      metadata: { name, namespace: "default", uid, labels: { app: "a", version: "v1" } },
      spec: { serviceAccountName: serviceAccount, initContainers: [proxyContainer] },
      status: { phase: "Running", podIP: "10.0.0.1" },
    });
  const proxy = (name: string, podUid: string): Peer => ({ ...peer(name), podUid });
  const issue = (id: string, version: string): void =>
    source.certificates.set(id, { version, certificate: `CERTIFICATE of ${id}`, privateKey: `KEY of ${id}` });
  return { graph, inputs, hub, source, pod, proxy, issue };
}

const ASKING = { typeUrl: SECRET, resourceNamesSubscribe: ["default", "ROOTCA"] };

test("a proxy is given its certificate when it is made, and until then nothing is said of it", async () => {
  const w = world();
  w.pod("a", "1");
  const proxy = new FakeProxy(w.hub, w.proxy("a", "1"));
  const [roots, ...more] = await proxy.send(ASKING);
  assert.match(brief(roots ?? assert.fail()), /^Secret ROOTCA=\S+$/);
  assert.deepEqual(more, []);
  const id = proxy.session.proxy.id;
  assert.deepEqual(w.source.certificateNeeds.get(id), {
    namespace: "default",
    serviceAccount: "a",
    trustDomain: "cluster.local",
    workload: "a",
    app: "a",
    version: "v1",
    ttlMs: 3_600_000,
    has: undefined,
  });
  w.issue(id, "1");
  assert.deepEqual((await proxy.settle()).map(brief), ["Secret default=1"]);
  w.issue(id, "2");
  assert.deepEqual((await proxy.settle()).map(brief), ["Secret default=2"]);
});

test("who asks for its certificate alone waits for it, and is not answered that there is none", async () => {
  const w = world();
  w.pod("a", "1");
  const proxy = new FakeProxy(w.hub, w.proxy("a", "1"));
  assert.deepEqual(await proxy.send({ typeUrl: SECRET, resourceNamesSubscribe: ["default"] }), []);
  w.issue(proxy.session.proxy.id, "1");
  assert.deepEqual((await proxy.settle()).map(brief), ["Secret default=1"]);
});

test("a proxy that comes back with certificate and roots is sent nothing, and is in sync", async () => {
  const w = world();
  w.pod("a", "1");
  const first = new FakeProxy(w.hub, w.proxy("a", "1"));
  const { id } = first.session.proxy;
  const [roots] = await first.send(ASKING);
  w.hub.leave(first.session);
  assert.equal(w.source.certificateNeeds.size, 0, "nothing is kept for who is gone");
  const again = new FakeProxy(w.hub, w.proxy("a", "1"));
  const versions = { default: "mine", ROOTCA: roots?.resources[0]?.version ?? "" };
  assert.deepEqual(await again.send({ ...ASKING, initialResourceVersions: versions }), []);
  assert.equal(w.source.certificateNeeds.get(id)?.has, "mine");
  assert.equal(w.hub.status()[0]?.synced, true);
  // Envoy let go of it, and wants it once more
  assert.deepEqual(await again.send({ typeUrl: SECRET, resourceNamesSubscribe: ["default"] }), []);
  assert.equal(w.source.certificateNeeds.get(id)?.has, undefined);
  w.issue(id, "2");
  assert.deepEqual((await again.settle()).map(brief), ["Secret default=2"]);
});

test("a proxy gets no other's certificate, whatever name it asks for", async () => {
  const w = world();
  for (const name of ["a", "b"]) w.pod(name, name);
  const [a, b] = ["a", "b"].map((name) => new FakeProxy(w.hub, w.proxy(name, name)));
  assert.ok(a && b);
  await b.send(ASKING);
  const victim = b.session.proxy.id;
  w.issue(victim, "1");
  await b.settle();
  const names = [
    `proxy ${victim}\tdefault`,
    `${victim}`,
    "spiffe://cluster.local/ns/default/sa/b",
    `default\tproxy ${victim}`,
    "kubernetes://default",
  ];
  const sent = await a.send({ typeUrl: SECRET, resourceNamesSubscribe: names });
  assert.deepEqual(
    sent.flatMap(({ resources }) => resources),
    [],
  );
  assert.deepEqual([...w.source.certificateNeeds.keys()], [victim]);
});

test("a proxy is issued nothing when its pod is gone, and another has its name or its place an account of its own", async () => {
  const w = world();
  for (const change of [
    () => w.pod("a", "2"),
    () => w.pod("a", "1", "other"),
    () => w.inputs.pods.delete("default/a"),
  ]) {
    w.pod("a", "1");
    const proxy = new FakeProxy(w.hub, w.proxy("a", "1"));
    await proxy.send(ASKING);
    const { session } = proxy;
    assert.ok(w.source.certificateNeeds.has(session.proxy.id));
    change();
    assert.equal(w.source.certificateNeeds.has(session.proxy.id), false);
    w.hub.leave(session);
  }
});

test("what a proxy with an agent's socket gets names the agent, and shares no row with what others get", async () => {
  const w = world();
  w.pod("a", "1");
  w.pod("b", "2");
  const pod = w.inputs.pods.get("default/b") ?? assert.fail();
  const volumeMounts = [{ mountPath: "/run/secrets/workload-spiffe-uds" }];
  w.inputs.pods.set("default/b", {
    ...pod,
    spec: { ...pod.spec, initContainers: [{ name: "istio-proxy", volumeMounts }] },
  });
  const listeners = async (name: string, uid: string): Promise<string> => {
    const [response] = await new FakeProxy(w.hub, w.proxy(name, uid)).send({ typeUrl: LISTENER });
    return Buffer.concat(
      response?.resources.map(({ resource }) => resource?.value ?? new Uint8Array()) ?? [],
    ).toString();
  };
  const [stream, socket] = [await listeners("a", "1"), await listeners("b", "2")];
  assert.deepEqual([stream.includes("ROOTCA"), stream.includes("sds-grpc")], [true, false]);
  assert.deepEqual([socket.includes("ROOTCA"), socket.includes("sds-grpc")], [true, true]);
  const scopes = ["a", "b"].map((name) => w.source.view(peer(name).id)?.scope);
  assert.equal(scopes[1], `socket ${scopes[0]}`);
});

test("a renewal recomputes one resource of one proxy", async () => {
  const w = world();
  for (const name of ["a", "b", "c"]) {
    w.pod(name, name);
    await new FakeProxy(w.hub, w.proxy(name, name)).send(ASKING);
    w.issue(peer(name).id, "1");
  }
  const reports: { name: string; recomputed: number }[][] = [];
  w.graph.onPass(({ collections }) => {
    reports.push(collections.map(({ name, recomputed }) => ({ name, recomputed })));
  });
  w.issue(peer("b").id, "2");
  assert.deepEqual(reports, [
    [
      { name: "certificates of proxies", recomputed: 0 },
      { name: "secrets", recomputed: 1 },
    ],
  ]);
});

test("the stream of a pod that is gone is closed; so is that of one whose name another has", async () => {
  const w = world();
  for (const change of [() => w.inputs.pods.delete("default/a"), () => w.pod("a", "2")]) {
    w.pod("a", "1");
    const proxy = new FakeProxy(w.hub, w.proxy("a", "1"));
    await proxy.send(ASKING);
    const closed = (): string => proxy.closed?.details ?? "";
    assert.equal(closed(), "");
    change();
    assert.match(closed(), /its pod is gone/);
    w.hub.leave(proxy.session);
  }
  const late = new FakeProxy(w.hub, w.proxy("a", "1"));
  assert.deepEqual(await late.send({ typeUrl: LISTENER }), [], "it is told nothing of the other");
});
