import assert from "node:assert/strict";
import { it } from "node:test";
import { type PeerMode, type PeerModes, peerModeAt } from "./peer-modes.ts";
import { changesClients, clientModes, serverModes } from "./peer-transition.ts";

const MODES: readonly PeerMode[] = ["Strict", "Permissive", "Disable"];
const STEPS = ["Servers", "Clients"] as const;

/** Whether a server in this mode takes what a client that was told the other sends. */
function serves(server: PeerMode, client: PeerMode): boolean {
  return client === "Disable" ? server !== "Strict" : server !== "Disable";
}

it("whoever has heard of the last step only is still served in the next", () => {
  for (const from of MODES) {
    for (const to of MODES) {
      const states: { server: PeerModes; client: PeerModes }[] = [];
      const before = { mode: from, ports: {} };
      const after = { mode: to, ports: {} };
      states.push({ server: before, client: clientModes(undefined, before) });
      if (changesClients(before, after)) {
        for (const step of STEPS) {
          const change = { from: before, step };
          states.push({ server: serverModes(change, after), client: clientModes(change, after) });
        }
      }
      states.push({ server: after, client: clientModes(undefined, after) });
      for (const [i, state] of states.entries()) {
        const next = states[i + 1] ?? state;
        for (const [server, client] of [
          [state.server, state.client],
          [next.server, state.client],
          [state.server, next.client],
        ] as const) {
          assert.ok(serves(server.mode, client.mode), `${from} to ${to}: ${server.mode} and ${client.mode}`);
        }
      }
    }
  }
});

it("ports change each by itself", () => {
  const from: PeerModes = { mode: "Strict", ports: { 80: "Disable" } };
  const to: PeerModes = { mode: "Strict", ports: { 90: "Disable" } };
  assert.ok(changesClients(from, to));
  const change = { from, step: "Servers" } as const;
  const at = (modes: PeerModes) => [80, 90, 100].map((port) => peerModeAt(modes, port));
  assert.deepEqual(at(serverModes(change, to)), ["Permissive", "Permissive", "Strict"]);
  assert.deepEqual(at(clientModes(change, to)), ["Disable", "Permissive", "Permissive"]);
  assert.deepEqual(at(clientModes({ from, step: "Clients" }, to)), ["Permissive", "Disable", "Permissive"]);
  assert.ok(!changesClients(from, { mode: "Permissive", ports: { 80: "Disable" } }));
});
