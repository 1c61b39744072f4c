import assert from "node:assert/strict";
import { test } from "node:test";
import { testAuthority, tlsSecret } from "../testing-certificates.ts";
import { hostRows, http, object, parent, reasons, textOf, to, type World, world } from "./testing.ts";

function set(w: World, key: string, listeners: object[], second = 0): void {
  const [namespace = "", name = ""] = key.split("/");
  const meta = { namespace, creationTimestamp: `2026-01-01T00:00:0${second}Z` };
  const spec = { parentRef: { name: "g", namespace: "default" }, listeners };
  w.inputs.listenerSets.set(key, object("ListenerSet", name, spec, meta));
}

const allowing = (from: string, more: object = {}) => ({ allowedListeners: { namespaces: { from, ...more } } });
const host = (name: string, hostname = `${name}.com`) => http(name, { hostname });

const status = ({ api }: World, key: string) => api.statuses.listenerSets.get(key)?.status;
const conditions = (w: World, key: string) => status(w, key)?.conditions.map(textOf);
const listener = (w: World, key: string, name: string) =>
  status(w, key)
    ?.listeners.find((each) => each.name === name)
    ?.conditions.map(textOf);
const domains = (w: World) => hostRows(w).map(({ domain }) => domain);
const attachedSets = ({ api }: World) => api.statuses.gateways.get("default/g")?.status.attachedListenerSets;

test("a Gateway takes ListenerSets only of namespaces that it allows", () => {
  const w = world();
  w.namespace("team", { team: "blue" });
  set(w, "team/s", [host("a")]);
  const cases: [object, boolean][] = [
    [{}, false],
    [allowing("None"), false],
    [allowing("Same"), false],
    [allowing("All"), true],
    [allowing("Selector", { selector: { matchLabels: { team: "red" } } }), false],
    [allowing("Selector", { selector: { matchLabels: { team: "blue" } } }), true],
  ];
  for (const [spec, taken] of cases) {
    w.gateway("default/g", [host("own")], spec);
    const expected = taken ? "Accepted=True Accepted" : "Accepted=False NotAllowed";
    assert.equal(conditions(w, "team/s")?.[0], expected, JSON.stringify(spec));
    assert.equal(attachedSets(w), taken ? 1 : 0);
  }
});

test("routes of a ListenerSet are for its listeners alone, and those of the Gateway for the Gateway's", () => {
  const w = world();
  w.service("default/s", 9080);
  w.gateway("default/g", [host("own")], allowing("All"));
  set(w, "default/s", [host("one"), host("two")]);
  w.route("default/gateway", { ...parent("g"), rules: [to("s")] });
  assert.deepEqual(domains(w), ["own.com"]);
  w.route("default/set", { ...parent("s", { kind: "ListenerSet" }), rules: [to("s")] });
  assert.deepEqual(domains(w).sort(), ["one.com", "own.com", "two.com"]);
  w.route("default/set", { ...parent("s", { kind: "ListenerSet", sectionName: "one" }), rules: [to("s")] });
  assert.deepEqual(domains(w).sort(), ["one.com", "own.com"]);
  assert.deepEqual(
    status(w, "default/s")?.listeners.map(({ attachedRoutes }) => attachedRoutes),
    [1, 0],
  );
  w.route("default/lost", { ...parent("g", { sectionName: "one" }), rules: [to("s")] });
  assert.equal(reasons(w, "HTTPRoute", "default/lost")[0], "Accepted=False NoMatchingParent");
});

test("without a say, routes are taken from the ListenerSet's own namespace, not from the Gateway's", () => {
  const w = world();
  w.gateway("default/g", [host("own")], allowing("All"));
  set(w, "team/s", [host("one")]);
  const spec = { ...parent("s", { kind: "ListenerSet", namespace: "team" }), rules: [{}] };
  w.route("team/r", spec);
  w.route("default/r", spec);
  assert.equal(reasons(w, "HTTPRoute", "team/r")[0], "Accepted=True Accepted");
  assert.equal(reasons(w, "HTTPRoute", "default/r")[0], "Accepted=False NotAllowedByListeners");
});

test("of listeners that conflict the Gateway's stays, then the older set's; the others say with what", () => {
  const w = world();
  w.gateway("default/g", [host("own")], allowing("All"));
  set(w, "default/young", [host("taken", "old.com"), { name: "tcp", port: 80, protocol: "TCP" }], 2);
  set(w, "default/old", [host("fine", "old.com"), host("taken", "own.com")], 1);
  assert.deepEqual(listener(w, "default/old", "fine")?.[0], "Accepted=True Accepted");
  assert.deepEqual(listener(w, "default/old", "taken"), [
    "Accepted=False HostnameConflict",
    "Programmed=False HostnameConflict",
    "ResolvedRefs=True ResolvedRefs",
    "Conflicted=True HostnameConflict",
  ]);
  assert.equal(listener(w, "default/young", "taken")?.[3], "Conflicted=True HostnameConflict");
  assert.equal(listener(w, "default/young", "tcp")?.[3], "Conflicted=True ProtocolConflict");
  assert.equal(conditions(w, "default/old")?.[0], "Accepted=True ListenersNotValid");
  assert.deepEqual(conditions(w, "default/young"), [
    "Accepted=False ListenersNotValid",
    "Programmed=False ListenersNotValid",
  ]);
  assert.equal(attachedSets(w), 1);
});

test("a ListenerSet's references are its own: a ReferenceGrant for Gateways is not for it", async () => {
  const w = world();
  w.inputs.secrets.set("vault/c", tlsSecret("vault/c", await (await testAuthority("ca")).issue("a.com")));
  w.gateway("default/g", [host("own")], allowing("All"));
  const tls = { certificateRefs: [{ name: "c", namespace: "vault" }] };
  set(w, "default/s", [{ name: "https", port: 443, protocol: "HTTPS", tls }]);
  w.grant("vault", "default", "Gateway", "Secret");
  assert.equal(listener(w, "default/s", "https")?.[2], "ResolvedRefs=False RefNotPermitted");
  assert.equal(conditions(w, "default/s")?.[0], "Accepted=False ListenersNotValid");
  w.grant("vault", "default", "ListenerSet", "Secret");
  assert.equal(listener(w, "default/s", "https")?.[2], "ResolvedRefs=True ResolvedRefs");
});
