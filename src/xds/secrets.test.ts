/** Secrets on the stream: to whom they go, what a change of one sends, and that one taken away is not taken from Envoy. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { DeltaDiscoveryResponse } from "#envoy/service/discovery/v3/discovery_pb.js";
import { Graph } from "../engine/graph.ts";
import type { Peer } from "../envoy/resource-source.ts";
import { LISTENER, SECRET } from "../envoy/types.ts";
import { MeshRows } from "../envoy/wire/mesh-rows.ts";
import { EnvoySource } from "../envoy/wire/source.ts";
import { type GatewayApi, wireGatewayApi } from "../mesh/gateway-api/wire.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { wireMesh } from "../mesh/mesh.ts";
import { type TestAuthority, testAuthority, tlsSecret } from "../mesh/testing-certificates.ts";
import { Hub } from "./hub.ts";
import { FakeProxy } from "./testing/fake-proxy.ts";

const NAME = "kubernetes://cert";

let authority: TestAuthority;
before(async () => {
  authority = await testAuthority("ca");
});

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
  const hub = new Hub(new EnvoySource(graph, new MeshRows(graph, inputs, mesh, api)));
  inputs.gateways.set("default/g", {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "g", namespace: "default" },
    spec: {
      selector: { istio: "edge" },
      servers: [
        {
          port: { number: 443, name: "https", protocol: "HTTPS" },
          hosts: ["a.com"],
          tls: { mode: "SIMPLE", credentialName: "cert" },
        },
      ],
    },
  });
  const connect = (pod: string, namespace: string, istio: string): FakeProxy => {
    inputs.pods.set(`${namespace}/${pod}`, {
      metadata: { name: pod, namespace, labels: { istio } },
      spec: { containers: [{ name: "istio-proxy" }] },
      status: { phase: "Running", podIP: "10.244.0.9" },
    });
    const id = `router~10.244.0.9~${pod}.${namespace}~${namespace}.svc.cluster.local`;
    const proxy: Peer = {
      id,
      type: "router",
      namespace,
      pod,
      serviceAccount: pod,
      metadata: {},
      envoyVersion: "1.40.0",
    };
    return new FakeProxy(hub, proxy);
  };
  return { inputs, hub, connect };
}

const asking = { typeUrl: SECRET, resourceNamesSubscribe: [NAME] };

test("a gateway gets the secret that its server names; one that no server names it for is told that there is none", async () => {
  const w = world();
  const pair = await authority.issue("a.com");
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", pair));
  const [owner, twin] = [w.connect("edge", "edge", "edge"), w.connect("twin", "edge", "twin")];
  const [given] = await owner.send(asking);
  assert.deepEqual(
    given?.resources.map(({ name }) => name),
    [NAME],
  );
  const [refused] = await twin.send(asking);
  assert.deepEqual([refused?.resources, refused?.removedResources], [[], [NAME]]);
  const secret = Buffer.from(pair.privateKey.split("\n")[1] ?? "");
  const holds = (response: DeltaDiscoveryResponse | undefined): boolean =>
    response?.resources.some(({ resource }) => Buffer.from(resource?.value ?? []).includes(secret)) ?? false;
  assert.deepEqual([holds(given), holds(refused)], [true, false]);
  assert.ok(!JSON.stringify([w.hub.status(), w.hub.holdings(owner.session.proxy.id)]).includes(String(secret)));
});

test("a renewed certificate is one resource to one proxy, and no listener", async () => {
  const w = world();
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await authority.issue("a.com")));
  const [owner, twin] = [w.connect("edge", "edge", "edge"), w.connect("twin", "edge", "twin")];
  for (const proxy of [owner, twin]) {
    await proxy.ack((await proxy.send({ typeUrl: LISTENER }))[0]);
    await proxy.ack((await proxy.send(asking))[0]);
    await proxy.settle();
  }
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await authority.issue("a.com")));
  const sent = await owner.settle();
  assert.deepEqual(
    sent.map(({ typeUrl, resources }) => [typeUrl, ...resources.map(({ name }) => name)]),
    [[SECRET, NAME]],
  );
  assert.deepEqual(await twin.take(), []);
});

test("a secret that comes later is sent when it comes, also after it was taken away", async () => {
  const w = world();
  const owner = w.connect("edge", "edge", "edge");
  const [none] = await owner.send(asking);
  assert.deepEqual(none?.removedResources, [NAME]);
  await owner.ack(none);
  const names = async () => (await owner.settle()).flatMap(({ resources }) => resources.map(({ name }) => name));
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await authority.issue("a.com")));
  assert.deepEqual(await names(), [NAME]);
  // Envoy keeps what it has when it is told that it is gone
  w.inputs.secrets.delete("edge/cert");
  await owner.settle();
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await authority.issue("a.com")));
  assert.deepEqual(await names(), [NAME]);
});
