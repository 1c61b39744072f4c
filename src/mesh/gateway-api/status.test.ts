import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bookinfo,
  conditionsOf,
  hostsOf,
  http,
  listenersOf,
  object,
  parent,
  reasons,
  textOf,
  world,
} from "./testing.ts";

const DENIED: [string, object, string][] = [
  ["a Gateway that is not there", parent("nobody"), "NoMatchingParent"],
  ["a listener that is not there", parent("g", { sectionName: "x" }), "NoMatchingParent"],
  ["a port that has no listener", parent("g", { port: 81 }), "NoMatchingParent"],
  ["a listener of another namespace's routes", parent("g", { namespace: "closed" }), "NotAllowedByListeners"],
  ["a listener for other hosts", { ...parent("g"), hostnames: ["example.com"] }, "NoMatchingListenerHostname"],
  ["a listener that ends TLS", parent("tls"), "NotAllowedByListeners"],
];

for (const [what, spec, reason] of DENIED) {
  test(`a route for ${what} is not accepted: ${reason}`, () => {
    const w = world();
    w.gateway("default/g", [http("http", { hostname: "*.example.com" })]);
    w.gateway("closed/g", [http("http")]);
    w.gateway("default/tls", [
      { name: "https", port: 443, protocol: "HTTPS", tls: { certificateRefs: [{ name: "c" }] } },
    ]);
    w.route("default/r", { ...spec, rules: [{}] });
    assert.equal(reasons(w, "HTTPRoute", "default/r")[0], `Accepted=False ${reason}`);
    assert.deepEqual(hostsOf(w), {});
  });
}

test("a listener may choose namespaces by their labels", () => {
  const w = world();
  w.namespace("blue", { colour: "blue" });
  w.namespace("red", { colour: "red" });
  const allowedRoutes = { namespaces: { from: "Selector", selector: { matchLabels: { colour: "blue" } } } };
  w.gateway("default/g", [http("http", { allowedRoutes })]);
  for (const namespace of ["blue", "red"])
    w.route(`${namespace}/r`, { ...parent("g", { namespace: "default" }), rules: [{}] });
  assert.equal(reasons(w, "HTTPRoute", "blue/r")[0], "Accepted=True Accepted");
  assert.equal(reasons(w, "HTTPRoute", "red/r")[0], "Accepted=False NotAllowedByListeners");
  w.namespace("red", { colour: "blue" });
  assert.equal(reasons(w, "HTTPRoute", "red/r")[0], "Accepted=True Accepted");
  assert.equal(listenersOf(w, "default/g")[0]?.attachedRoutes, 2);
});

test("writing a status recomputes nothing", () => {
  const w = bookinfo();
  const before = w.inputs.httpRoutes.get("default/bookinfo");
  assert.ok(before);
  const recomputed: string[] = [];
  w.graph.onPass(({ collections }) =>
    recomputed.push(...collections.filter((c) => c.recomputed > 0).map((c) => c.name)),
  );
  w.inputs.httpRoutes.set("default/bookinfo", { ...before, status: { parents: [] } });
  assert.deepEqual(recomputed, ["http route objects"]);
});

test("a Gateway is programmed once a proxy behind its Service is ready and has an address", () => {
  const w = bookinfo();
  assert.deepEqual(reasons(w, "Gateway", "default/bookinfo-gateway"), [
    "Accepted=True Accepted",
    "Programmed=False Pending",
  ]);
  const metadata = { namespace: "default", name: "bookinfo-gateway-istio" };
  w.inputs.services.set("default/bookinfo-gateway-istio", {
    metadata,
    spec: { type: "ClusterIP", ports: [{ port: 80 }] },
  });
  w.inputs.endpointSlices.set("default/x", {
    metadata: { namespace: "default", name: "x", labels: { "kubernetes.io/service-name": "bookinfo-gateway-istio" } },
    endpoints: [{ addresses: ["10.244.0.9"], conditions: { ready: true } }],
  });
  assert.deepEqual(reasons(w, "Gateway", "default/bookinfo-gateway")[1], "Programmed=True Programmed");
  const row = w.api.statuses.gateways.get("default/bookinfo-gateway");
  assert.deepEqual(row?.status.addresses, [
    { type: "Hostname", value: "bookinfo-gateway-istio.default.svc.cluster.local" },
  ]);
  assert.equal(listenersOf(w, "default/bookinfo-gateway")[0]?.attachedRoutes, 1);
});

test("a load balancer's address is its ingress", () => {
  const w = bookinfo();
  const service = {
    metadata: { namespace: "default", name: "bookinfo-gateway-istio" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    status: { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } },
  };
  w.inputs.services.set("default/bookinfo-gateway-istio", service);
  const row = w.api.statuses.gateways.get("default/bookinfo-gateway");
  assert.deepEqual(row?.status.addresses, [{ type: "IPAddress", value: "127.0.0.1" }]);
});

test("listeners that cannot be served say why, and do not disturb the others", () => {
  const w = world();
  const tls = { certificateRefs: [{ name: "absent" }] };
  w.gateway("default/g", [
    http("http", { allowedRoutes: { kinds: [{ kind: "HTTPRoute" }, { kind: "TCPRoute" }] } }),
    { name: "https", port: 443, protocol: "HTTPS", tls },
    { name: "https2", port: 443, protocol: "HTTPS", hostname: "a.b", tls },
    { name: "mixed", port: 9000, protocol: "HTTP" },
    { name: "mixed2", port: 9000, protocol: "TCP" },
    { name: "own", port: 15021, protocol: "HTTP" },
  ]);
  const short = (name: string) => {
    const listener = listenersOf(w, "default/g").find((each) => each.name === name);
    return listener?.conditions.map(textOf) ?? [];
  };
  assert.deepEqual(short("http"), [
    "Accepted=True Accepted",
    "Programmed=False Pending",
    "ResolvedRefs=False InvalidRouteKinds",
    "Conflicted=False NoConflicts",
  ]);
  assert.deepEqual(short("https"), [
    "Accepted=False UnsupportedProtocol",
    "Programmed=False Invalid",
    "ResolvedRefs=False InvalidCertificateRef",
    "Conflicted=False NoConflicts",
    "OverlappingTLSConfig=True OverlappingHostnames",
  ]);
  assert.deepEqual(short("mixed")[3], "Conflicted=True ProtocolConflict");
  assert.deepEqual(short("own")[0], "Accepted=False PortUnavailable");
  assert.equal(reasons(w, "Gateway", "default/g")[0], "Accepted=True ListenersNotValid");
  assert.deepEqual(
    [...(w.api.servers?.entries() ?? [])].map(([key]) => key),
    ["default/g-istio|default/g|http"],
  );
});

test("a certificate that is there resolves", () => {
  const w = world();
  const pem = Buffer.from("-----BEGIN X-----\n").toString("base64");
  w.gateway("default/g", [{ name: "https", port: 443, protocol: "HTTPS", tls: { certificateRefs: [{ name: "c" }] } }]);
  const secret = {
    ...object("Secret", "c", undefined, { namespace: "default" }),
    data: { "tls.crt": pem, "tls.key": pem },
  };
  w.secrets.set("default/c", secret);
  assert.equal(listenersOf(w, "default/g")[0]?.conditions[2]?.reason, "ResolvedRefs");
});

test("a Gateway of another class is left to its controller", () => {
  const w = bookinfo();
  w.gateway("default/bookinfo-gateway", [http("http")], { gatewayClassName: "other" });
  assert.deepEqual(hostsOf(w), {});
  assert.deepEqual(conditionsOf(w, "HTTPRoute", "default/bookinfo"), []);
});

test("our GatewayClass is accepted and names what is served", () => {
  const w = world();
  assert.deepEqual(reasons(w, "GatewayClass", "istio"), [
    "Accepted=True Accepted",
    "SupportedVersion=True SupportedVersion",
  ]);
});
