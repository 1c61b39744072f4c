import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import { SecretSchema } from "#envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { Graph } from "../../engine/graph.ts";
import { type GatewayApi, wireGatewayApi } from "../../mesh/gateway-api/wire.ts";
import { meshInputs } from "../../mesh/inputs.ts";
import { wireMesh } from "../../mesh/mesh.ts";
import { type TestAuthority, testAuthority, tlsSecret } from "../../mesh/testing-certificates.ts";
import type { Peer } from "../resource-source.ts";
import { LISTENER, SECRET, VIRTUAL_HOST } from "../types.ts";
import { MeshRows } from "./mesh-rows.ts";
import { EnvoySource } from "./source.ts";

const PROXY = "istio-proxy";

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
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, api));
  const proxy = (name: string, namespace: string, labels: Record<string, string>, type: Peer["type"] = "router") => {
    inputs.pods.set(`${namespace}/${name}`, {
      metadata: { name, namespace, labels },
      spec: type === "router" ? { containers: [{ name: PROXY }] } : { initContainers: [{ name: PROXY }] },
      status: { phase: "Running", podIP: "10.244.0.9" },
    });
    const id = `${type}~10.244.0.9~${name}.${namespace}~${namespace}.svc.cluster.local`;
    source.connect({ id, type, namespace, pod: name, serviceAccount: "default", metadata: {}, envoyVersion: "1.40.0" });
    return id;
  };
  const server = (mode: "SIMPLE" | "MUTUAL", credentialName: string) => ({
    port: { number: 443, name: "https", protocol: "HTTPS" },
    hosts: ["a.com"],
    tls: { mode, credentialName },
  });
  const gateway = (selector: Record<string, string>, ...servers: ReturnType<typeof server>[]): void =>
    inputs.gateways.set("default/g", {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "g", namespace: "default" },
      spec: { selector, servers },
    });
  const ask = (id: string, name: string) => {
    const view = source.view(id);
    assert.ok(view);
    const key = source.keyOf(view, SECRET, name);
    source.retain(SECRET, [key]);
    const read = () => {
      const resource = source.resource(SECRET, key);
      if (!resource?.body) return undefined;
      const secret = anyUnpack(fromBinary(AnySchema, resource.body), SecretSchema);
      assert.equal(secret?.name, name);
      return secret?.type;
    };
    return { key, read };
  };
  return { graph, inputs, source, proxy, server, gateway, ask };
}

const keyOf = (type: ReturnType<ReturnType<ReturnType<typeof world>["ask"]>["read"]>) =>
  type?.case === "tlsCertificate" ? type.value.privateKey?.specifier.value : undefined;

test("a gateway gets the Secret that its server names, of its own namespace, and nobody else gets it", async () => {
  const w = world();
  const pair = await authority.issue("a.com");
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", pair));
  w.inputs.secrets.set("default/cert", tlsSecret("default/cert", await authority.issue("other")));
  const [edge, twin, sidecar] = [
    w.proxy("edge-1", "edge", { istio: "edge" }),
    w.proxy("twin-1", "edge", { istio: "twin" }),
    w.proxy("app-1", "edge", { istio: "edge" }, "sidecar"),
  ];
  w.gateway({ istio: "edge" }, w.server("SIMPLE", "cert"));
  assert.equal(keyOf(w.ask(edge, "kubernetes://cert").read()), pair.privateKey);
  for (const other of [twin, sidecar]) assert.equal(w.ask(other, "kubernetes://cert").read(), undefined);
  // another namespace's, by the name that it would have in the Gateway API
  assert.equal(w.ask(edge, "kubernetes-gateway://default/cert").read(), undefined);
  // the same gateway, once no server names it any more
  const { read } = w.ask(edge, "kubernetes://cert");
  w.gateway({ istio: "edge" }, w.server("SIMPLE", "another"));
  assert.equal(read(), undefined);
});

test("a changed Secret changes that one resource, and neither listener nor view", async () => {
  const w = world();
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await authority.issue("a.com")));
  const edge = w.proxy("edge-1", "edge", { istio: "edge" });
  w.gateway({ istio: "edge" }, w.server("SIMPLE", "cert"));
  const { key, read } = w.ask(edge, "kubernetes://cert");
  const view = w.source.view(edge);
  w.source.retain(LISTENER, [...(view?.push.get(LISTENER)?.values() ?? [])]);
  w.source.retain(VIRTUAL_HOST, [...(view?.push.get(VIRTUAL_HOST)?.values() ?? [])]);
  const rows: string[] = [];
  const views: string[] = [];
  w.source.onChange((changes) => {
    views.push(...changes.views);
    for (const keys of changes.rows.values()) rows.push(...keys);
  });
  const renewed = await authority.issue("a.com");
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", renewed));
  assert.deepEqual([rows, views], [[key], []]);
  assert.equal(keyOf(read()), renewed.privateKey);
});

test("roots stand beside the key pair, or in a Secret of their own, which comes first", async () => {
  const w = world();
  const own = await testAuthority("own");
  const edge = w.proxy("edge-1", "edge", { istio: "edge" });
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await authority.issue("a.com"), authority.certificate));
  w.gateway({ istio: "edge" }, w.server("MUTUAL", "cert"));
  const { read } = w.ask(edge, "kubernetes://cert-cacert");
  const roots = () => {
    const type = read();
    return type?.case === "validationContext" ? type.value.trustedCa?.specifier.value : undefined;
  };
  assert.equal(roots(), authority.certificate.trim());
  const cacert = Buffer.from(own.certificate).toString("base64");
  w.inputs.secrets.set("edge/cert-cacert", { metadata: { namespace: "edge", name: "cert-cacert" }, data: { cacert } });
  assert.equal(roots(), own.certificate.trim());
});

test("what a DestinationRule names is for gateways that it is for, of their own namespace's Secrets", async () => {
  const w = world();
  const pair = await authority.issue("client");
  for (const namespace of ["edge", "other"]) {
    const key = `${namespace}/client`;
    w.inputs.secrets.set(key, tlsSecret(key, pair, authority.certificate));
  }
  const [edge, other, sidecar] = [
    w.proxy("edge-1", "edge", { istio: "edge" }),
    w.proxy("other-1", "other", { istio: "other" }),
    w.proxy("app-1", "edge", {}, "sidecar"),
  ];
  w.inputs.destinationRules.set("edge/outside", {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "outside", namespace: "edge" },
    spec: {
      host: "outside.com",
      exportTo: ["."],
      trafficPolicy: { tls: { mode: "MUTUAL", credentialName: "client" } },
    },
  });
  assert.equal(keyOf(w.ask(edge, "kubernetes://client").read()), pair.privateKey);
  assert.equal(w.ask(edge, "kubernetes://client-cacert").read()?.case, "validationContext");
  for (const stranger of [other, sidecar]) assert.equal(w.ask(stranger, "kubernetes://client").read(), undefined);
});

test("a sidecar gets what a DestinationRule for its workload names, and no other sidecar does", async () => {
  const w = world();
  const pair = await authority.issue("client");
  w.inputs.secrets.set("edge/client", tlsSecret("edge/client", pair, authority.certificate));
  w.inputs.destinationRules.set("edge/outside", {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "outside", namespace: "edge" },
    spec: {
      host: "outside.com",
      workloadSelector: { matchLabels: { app: "caller" } },
      trafficPolicy: { tls: { mode: "MUTUAL", credentialName: "client" } },
    },
  });
  const caller = w.proxy("caller-1", "edge", { app: "caller" }, "sidecar");
  assert.equal(keyOf(w.ask(caller, "kubernetes://client").read()), pair.privateKey);
  assert.equal(w.ask(caller, "kubernetes://client-cacert").read()?.case, "validationContext");
  for (const stranger of [
    w.proxy("other-1", "edge", { app: "other" }, "sidecar"),
    w.proxy("foreign-1", "other", { app: "caller" }, "sidecar"),
  ]) {
    assert.equal(w.ask(stranger, "kubernetes://client").read(), undefined);
  }
});

test("what a Secret holds is not in the engine's account of what it did", async () => {
  const w = world();
  const pair = await authority.issue("a.com");
  const edge = w.proxy("edge-1", "edge", { istio: "edge" });
  w.gateway({ istio: "edge" }, w.server("SIMPLE", "cert"));
  const { key } = w.ask(edge, "kubernetes://cert");
  const passes: unknown[] = [];
  w.graph.onPass((report) => passes.push(report));
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", pair));
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", { ...pair, certificate: "broken" }));
  const accounts = w.graph
    .collections()
    .flatMap((stage) => [w.graph.explain(stage, key), w.graph.explain(stage, "edge/cert")]);
  const told = JSON.stringify([passes, accounts, w.graph.failures()], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  assert.match(told, /edge\/cert/);
  const secret = pair.privateKey.split("\n")[1] ?? "";
  for (const text of [secret, Buffer.from(pair.privateKey).toString("base64").slice(0, 80)]) {
    assert.ok(!told.includes(text));
  }
});
