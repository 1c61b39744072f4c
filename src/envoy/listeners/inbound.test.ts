import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener } from "#envoy/config/listener/v3/listener_pb.js";
import type { PeerModes } from "../../mesh/security/peer-modes.ts";
import { type InboundPort, virtualInboundListener } from "./inbound.ts";

const tls = { trustDomains: ["cluster.local"], minVersion: "TLSV1_3", cipherSuites: [] } as const;

const port = (targetPort: number, protocol: InboundPort["protocol"]): InboundPort => ({
  targetPort,
  protocol,
  host: "a.default.svc.cluster.local",
  servicePort: 80,
});

function listener(modes: PeerModes, ports = [port(80, "HTTP"), port(81, "TCP"), port(82, "Auto")]): Listener {
  return virtualInboundListener({ ports, accessLogFile: "", modes, tls });
}

test("between STRICT and PERMISSIVE Envoy exchanges chains in place, and keeps those of the mesh's connections", () => {
  const { filterChains: strict, ...a } = listener({ mode: "Strict", ports: {} });
  const { filterChains: permissive, ...b } = listener({ mode: "Permissive", ports: {} });
  assert.deepEqual(a, b);
  const mutual = permissive.filter(({ transportSocket }) => transportSocket);
  assert.equal(mutual.length, 5);
  for (const chain of mutual)
    assert.deepEqual(
      strict.find(({ name }) => name === chain.name),
      chain,
    );
});

test("no chain is for whatever no other is for: what a port does not take is refused", () => {
  for (const mode of ["Strict", "Permissive", "Disable"] as const) {
    assert.equal(listener({ mode, ports: { 80: "Strict", 7000: "Strict" } }).defaultFilterChain, undefined);
  }
  const { filterChains } = listener({ mode: "Permissive", ports: { 80: "Strict", 7000: "Strict" } });
  for (const strict of [80, 7000]) {
    const chains = filterChains.filter(({ filterChainMatch }) => filterChainMatch?.destinationPort === strict);
    assert.ok(chains.length > 0);
    for (const chain of chains) assert.ok(chain.transportSocket, chain.name);
  }
});

test("nothing looks for TLS where the server may speak first to whoever sends plain text", () => {
  const looks = (modes: PeerModes) =>
    listener(modes, [port(81, "TCP")]).listenerFilters.flatMap(({ name, filterDisabled }) =>
      name.endsWith("tls_inspector") ? [filterDisabled?.rule.case ?? "everywhere"] : [],
    );
  assert.deepEqual(looks({ mode: "Permissive", ports: {} }), ["everywhere"]);
  assert.deepEqual(looks({ mode: "Permissive", ports: { 81: "Disable" } }), ["destinationPortRange"]);
  assert.deepEqual(looks({ mode: "Disable", ports: {} }), []);
  assert.deepEqual(looks({ mode: "Disable", ports: { 81: "Strict" } }), ["notMatch"]);
});

test("a silent client is taken for one whose server speaks first, but not where it may be slow to ask", () => {
  const waits = (...ports: InboundPort[]) =>
    Number(listener({ mode: "Permissive", ports: {} }, ports).listenerFiltersTimeout?.seconds);
  assert.equal(waits(port(81, "TCP")), 5);
  assert.equal(waits(port(81, "TCP"), port(82, "Auto")), 0);
  assert.equal(waits(port(80, "HTTP")), 0);
});
