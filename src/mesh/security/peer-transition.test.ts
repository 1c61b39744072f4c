import assert from "node:assert/strict";
import { it } from "node:test";
import { type PeerMode, type PeerModes, peerModeAt, type ServerMode } from "./peer-modes.ts";
import { clientModes, isChanging, type Standing, serverModes, standing, stepped, turned } from "./peer-transition.ts";

const MODES: readonly PeerMode[] = ["Strict", "Permissive", "Disable"];

/** What everybody was told at one time. */
interface State {
  server: ServerMode;
  client: PeerMode;
}

/** A pod, and what was wanted of it, one after the other, after so many steps each. */
function history(start: PeerMode, wishes: readonly { mode: PeerMode; steps: number }[]): State[] {
  const states: State[] = [];
  let wanted: PeerModes = { mode: start, ports: {} };
  let at: Standing = standing(wanted);
  const note = () => states.push({ server: serverModes(at, wanted).mode, client: clientModes(at, wanted).mode });
  note();
  for (const { mode, steps } of wishes) {
    wanted = { mode, ports: {} };
    // what the engine makes of it before anybody has taken note
    note();
    at = turned(at, wanted);
    note();
    for (let i = 0; i < steps && isChanging(at); i++) {
      at = stepped(at);
      note();
    }
  }
  return states;
}

/** Whether a server in this mode takes what a client that was told the other sends. */
function serves(server: ServerMode, client: PeerMode): boolean {
  return client === "Disable" ? server !== "Strict" : server !== "Disable";
}

/** All histories of two wishes, the first taken back or not after any number of steps. */
const HISTORIES = MODES.flatMap((start) =>
  MODES.flatMap((first) =>
    [0, 1, 2].flatMap((steps) =>
      MODES.map((second) =>
        history(start, [
          { mode: first, steps },
          { mode: second, steps: 2 },
        ]),
      ),
    ),
  ),
);

it("whoever has heard of one state less than the others is still served", () => {
  for (const states of HISTORIES) {
    for (const [i, { server, client }] of states.entries()) {
      const next = states[i + 1] ?? { server, client };
      const told = states.map((state) => `${state.server}/${state.client}`).join(" ");
      assert.ok(serves(server, client) && serves(next.server, client) && serves(server, next.client), `${i}: ${told}`);
    }
  }
});

it("in the end what is wanted is in force", () => {
  for (const start of MODES) {
    for (const wanted of MODES) {
      const last = history(start, [{ mode: wanted, steps: 2 }]).at(-1);
      assert.deepEqual(last, { server: wanted, client: wanted === "Disable" ? "Disable" : "Permissive" });
    }
  }
});

it("between taking plain text too and refusing it there is no step", () => {
  assert.equal(history("Permissive", [{ mode: "Strict", steps: 2 }]).length, 3);
  assert.equal(history("Permissive", [{ mode: "Strict", steps: 2 }])[1]?.server, "Strict");
});

it("whoever leaves plain text ends its connections of it after its clients were told, and nobody else's end", () => {
  const servers = (start: PeerMode, mode: PeerMode) => history(start, [{ mode, steps: 2 }]).map(({ server }) => server);
  assert.deepEqual(servers("Disable", "Permissive"), ["Disable", "Leaving", "Leaving", "Leaving", "Permissive"]);
  assert.deepEqual(servers("Disable", "Strict"), ["Disable", "Leaving", "Leaving", "Leaving", "Strict"]);
  assert.deepEqual(servers("Permissive", "Disable"), [
    "Permissive",
    "Permissive",
    "Permissive",
    "Permissive",
    "Disable",
  ]);
});

it("ports change each by itself", () => {
  const from: PeerModes = { mode: "Strict", ports: { 80: "Disable" } };
  const to: PeerModes = { mode: "Strict", ports: { 90: "Disable" } };
  const at = (modes: PeerModes<ServerMode>) => [80, 90, 100].map((port) => peerModeAt(modes, port));
  const first = turned(standing(from), to);
  assert.deepEqual(at(serverModes(first, to)), ["Leaving", "Permissive", "Strict"]);
  assert.deepEqual(at(clientModes(first, to)), ["Disable", "Permissive", "Permissive"]);
  const second = stepped(first);
  assert.deepEqual(at(serverModes(second, to)), ["Leaving", "Permissive", "Strict"]);
  assert.deepEqual(at(clientModes(second, to)), ["Permissive", "Disable", "Permissive"]);
  assert.deepEqual(at(serverModes(stepped(second), to)), ["Strict", "Disable", "Strict"]);
});
