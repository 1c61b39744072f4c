import assert from "node:assert/strict";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PERMISSIVE, type PeerMode } from "../mesh/security/peer-modes.ts";
import { pod, testMesh } from "../mesh/testing.ts";
import { keepPeerStandings } from "./peer-standings.ts";

const POD = "default/reviews-1";

async function world(test: { after(end: () => void): void }) {
  const { graph, inputs, mesh } = testMesh();
  const stop = new AbortController();
  test.after(() => stop.abort());
  const peers = mesh.peerAuthentications;
  inputs.pods.set(POD, pod("reviews-1", "10.0.0.1", {}));
  let busy = false;
  keepPeerStandings({ graph, peers, quiet: () => !busy, signal: stop.signal, leastMs: 1, mostMs: 1_000_000 });
  const told: string[] = [];
  const tell = () => {
    const state = `${peers.ofServers.get(POD)?.mode} ${peers.ofClients.get(POD)?.mode}`;
    if (told.at(-1) !== state) told.push(state);
  };
  tell();
  graph.onPass(tell);
  const mode = (wanted: "STRICT" | "PERMISSIVE" | "DISABLE") =>
    inputs.peerAuthentications.set("default/p", {
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      metadata: { name: "p", namespace: "default" },
      spec: { mtls: { mode: wanted } },
    });
  const reaches = async (server: PeerMode) => {
    while (peers.ofServers.get(POD)?.mode !== server) await sleep(1);
  };
  return { graph, inputs, peers, told, mode, reaches, busy: (is: boolean) => (busy = is) };
}

it("a pod goes from plain text to insisting on mutual TLS by way of both, its clients in between", async (test) => {
  const { told, mode, reaches } = await world(test);
  mode("DISABLE");
  await reaches("Disable");
  mode("STRICT");
  await reaches("Strict");
  assert.deepEqual(told, [
    "Permissive Permissive",
    // clients are told, and only then the server
    "Permissive Disable",
    "Disable Disable",
    // the server is told, then clients, then the server again
    "Leaving Disable",
    "Leaving Permissive",
    "Strict Permissive",
  ]);
});

it("no step is taken while a proxy has not answered", async (test) => {
  const { told, mode, reaches, busy } = await world(test);
  busy(true);
  mode("DISABLE");
  await sleep(20);
  assert.deepEqual(told, ["Permissive Permissive"]);
  busy(false);
  await reaches("Disable");
});

it("where clients need not change, nothing waits", async (test) => {
  const { told, mode, busy } = await world(test);
  busy(true);
  mode("STRICT");
  mode("PERMISSIVE");
  assert.deepEqual(told, ["Permissive Permissive", "Strict Permissive", "Permissive Permissive"]);
});

it("a pod that is gone is forgotten, and a new one starts where it should be", async (test) => {
  const { inputs, peers, mode, reaches } = await world(test);
  mode("DISABLE");
  await reaches("Disable");
  inputs.pods.delete(POD);
  assert.deepEqual([...peers.standings.keys()], []);
  inputs.pods.set("default/reviews-2", pod("reviews-2", "10.0.0.2", {}));
  const told = [peers.ofServers, peers.ofClients].map((rows) => rows.get("default/reviews-2")?.mode);
  assert.deepEqual(told, ["Disable", "Disable"]);
  assert.notEqual(told[0], PERMISSIVE.mode);
});
