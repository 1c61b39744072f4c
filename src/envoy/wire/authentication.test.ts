import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { type GatewayApi, wireGatewayApi } from "../../mesh/gateway-api/wire.ts";
import { meshInputs } from "../../mesh/inputs.ts";
import { wireMesh } from "../../mesh/mesh.ts";
import { pod, service } from "../../mesh/testing.ts";
import type { Peer } from "../resource-source.ts";
import { LISTENER } from "../types.ts";
import { MeshRows } from "./mesh-rows.ts";
import { EnvoySource } from "./source.ts";

const PODS = 20;
const INBOUND = "virtualInbound";
const jwks = JSON.stringify({ keys: [generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" })] });

/** A mesh of pods whose inbound listeners are all in use, each of an app of its own. */
function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const apis: GatewayApi[] = [];
  const mesh = wireMesh(graph, inputs, [
    (...wired) => {
      const api = wireGatewayApi(...wired);
      apis.push(api);
      return api;
    },
  ]);
  const [api] = apis;
  assert.ok(api);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, mesh, api));
  const keys = Array.from({ length: PODS }, (_, i) => {
    const name = `app-${i}`;
    inputs.services.set(`default/${name}`, service(name));
    inputs.pods.set(`default/${name}`, pod(name, `10.244.0.${i + 1}`, { app: name }));
    const peer: Peer = {
      ...{ id: name, type: "sidecar", namespace: "default", pod: name, serviceAccount: "bookinfo" },
      ...{ metadata: {}, envoyVersion: "1.40.0" },
    };
    source.connect(peer);
    const view = source.view(name);
    assert.ok(view);
    const key = source.keyOf(view, LISTENER, INBOUND);
    source.retain(LISTENER, [key]);
    return key;
  });
  const body = (key: string | undefined): string => {
    const found = source.resource(LISTENER, key ?? "")?.body;
    return found ? Buffer.from(found).toString("latin1") : "";
  };
  /** The pods whose listeners are others than they were, and how many were looked at for it. */
  const changedBy = (change: () => void): { pods: number[]; recomputed: number } => {
    const before = keys.map(body);
    let recomputed = 0;
    const stop = graph.onPass(({ collections }) => {
      recomputed += collections.find(({ name }) => name === "listeners")?.recomputed ?? 0;
    });
    change();
    stop();
    return { pods: keys.flatMap((key, i) => (body(key) === before[i] ? [] : [i])), recomputed };
  };
  const policy = (name: string, selector: Record<string, string>, rule: object): void =>
    inputs.requestAuthentications.set(`default/${name}`, {
      ...{
        apiVersion: "security.istio.io/v1",
        kind: "RequestAuthentication",
        metadata: { name, namespace: "default" },
      },
      spec: { selector: { matchLabels: selector }, jwtRules: [{ issuer: "acme", ...rule }] },
    });
  return { inputs, changedBy, policy, body: (i: number) => body(keys[i]) };
}

test("a policy, and keys that come for it, change the listeners of whom it selects and look at no others", () => {
  const { inputs, changedBy, policy, body } = world();
  const only = { pods: [7], recomputed: 1 };
  const jwksUri = "https://keys.example.com";
  assert.deepEqual(
    changedBy(() => policy("tokens", { app: "app-7" }, { jwksUri })),
    only,
  );
  assert.match(body(7), /jwt_authn/);
  assert.doesNotMatch(body(8), /jwt_authn/);
  assert.deepEqual(
    changedBy(() => inputs.keySets.set(`Uri ${jwksUri}`, jwks)),
    only,
  );
  assert.ok(body(7).includes(jwks));
  assert.deepEqual(
    changedBy(() => inputs.keySets.set(`Uri ${jwksUri}`, jwks)),
    { pods: [], recomputed: 0 },
  );
  assert.deepEqual(
    changedBy(() => inputs.keySetProblems.set(`Uri ${jwksUri}`, "away")),
    { pods: [], recomputed: 0 },
  );
  assert.deepEqual(
    changedBy(() => inputs.requestAuthentications.delete("default/tokens")),
    only,
  );
  assert.doesNotMatch(body(7), /jwt_authn/);
});

test("a policy that selects nobody changes nothing, and one without selector everybody", () => {
  const { changedBy, policy } = world();
  assert.deepEqual(
    changedBy(() => policy("nobody", { app: "other" }, { jwks })),
    { pods: [], recomputed: 0 },
  );
  assert.equal(changedBy(() => policy("all", {}, { jwks })).pods.length, PODS);
});
