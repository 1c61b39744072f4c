import assert from "node:assert/strict";
import { test } from "node:test";
import { testAuthority, tlsSecret } from "../testing-certificates.ts";
import {
  actionText,
  bookinfo,
  conditionsOf,
  hostRows,
  hostsOf,
  http,
  listenersOf,
  parent,
  reasons,
  textOf,
  to,
  type World,
  world,
} from "./testing.ts";

const DENIED: [string, object, string][] = [
  ["a Gateway that is not there", parent("nobody"), "NoMatchingParent"],
  ["a listener that is not there", parent("g", { sectionName: "x" }), "NoMatchingParent"],
  ["a port that has no listener", parent("g", { port: 81 }), "NoMatchingParent"],
  ["a listener of another namespace's routes", parent("g", { namespace: "closed" }), "NotAllowedByListeners"],
  ["a listener for other hosts", { ...parent("g"), hostnames: ["example.com"] }, "NoMatchingListenerHostname"],
  ["a listener that passes TLS through", parent("tls"), "NotAllowedByListeners"],
];

for (const [what, spec, reason] of DENIED) {
  test(`a route for ${what} is not accepted: ${reason}`, () => {
    const w = world();
    w.gateway("default/g", [http("http", { hostname: "*.example.com" })]);
    w.gateway("closed/g", [http("http")]);
    w.gateway("default/tls", [{ name: "tls", port: 443, protocol: "TLS", tls: { mode: "Passthrough" } }]);
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
  assert.deepEqual(recomputed, ["HTTPRoute objects of the Gateway API"]);
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

test("a Gateway with addresses of its own is programmed once its Service has them", () => {
  const w = world();
  const addresses = (...values: string[]) => values.map((value) => ({ type: "IPAddress", value }));
  const given = (ip: string): void => {
    const metadata = { namespace: "default", name: "g-istio" };
    const status = { loadBalancer: { ingress: [{ ip }] } };
    const service = { metadata, spec: { type: "LoadBalancer", ports: [{ port: 80 }] }, status };
    w.inputs.services.set("default/g-istio", service);
  };
  const programmed = (): string | undefined => reasons(w, "Gateway", "default/g")[1];
  w.gateway("default/g", [http("http")], { addresses: addresses("192.0.2.1", "192.0.2.2") });
  given("192.0.2.2");
  assert.equal(programmed(), "Programmed=False AddressNotUsable");
  w.gateway("default/g", [http("http")], { addresses: addresses("192.0.2.2") });
  assert.equal(programmed(), "Programmed=False Pending", "nothing answers there yet");
  w.gateway("default/g", [http("http")], { addresses: [{ type: "example.com/other", value: "x" }] });
  assert.equal(reasons(w, "Gateway", "default/g")[0], "Accepted=False UnsupportedAddress");
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
    { name: "other", port: 9001, protocol: "example.com/other" },
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
    "Accepted=True Accepted",
    "Programmed=False Invalid",
    "ResolvedRefs=False InvalidCertificateRef",
    "Conflicted=False NoConflicts",
    "OverlappingTLSConfig=True OverlappingHostnames",
  ]);
  assert.deepEqual(short("mixed")[3], "Conflicted=True ProtocolConflict");
  assert.deepEqual(short("own")[0], "Accepted=False PortUnavailable");
  assert.deepEqual(short("other")[0], "Accepted=False UnsupportedProtocol");
  assert.equal(reasons(w, "Gateway", "default/g")[0], "Accepted=True ListenersNotValid");
  assert.deepEqual(
    [...(w.api.servers?.entries() ?? [])].map(([key]) => key),
    ["http", "https", "https2"].map((name) => `default/g-istio|default/g|${name}`),
  );
});

const https = (name: string, certificate: object, more: object = {}) => ({
  name,
  port: 443,
  protocol: "HTTPS",
  tls: { certificateRefs: [certificate] },
  ...more,
});

const conditionReason = (w: World, at: number) => listenersOf(w, "default/g")[0]?.conditions[at]?.reason;

test("a listener's certificate must be there, be one, fit its key, and be of a kind that is read", async () => {
  const w = world();
  const authority = await testAuthority("ca");
  const [good, other] = [await authority.issue("a.com"), await authority.issue("b.com")];
  w.gateway("default/g", [https("https", { name: "c" })]);
  assert.equal(conditionReason(w, 2), "InvalidCertificateRef");
  w.inputs.secrets.set("default/c", tlsSecret("default/c", { certificate: "Hello", privateKey: "Hello" }));
  assert.equal(conditionReason(w, 2), "InvalidCertificateRef");
  w.inputs.secrets.set("default/c", tlsSecret("default/c", { ...good, privateKey: other.privateKey }));
  const listener = listenersOf(w, "default/g")[0];
  assert.match(listener?.conditions[2]?.message ?? "", /is not the certificate's/);
  w.inputs.secrets.set("default/c", tlsSecret("default/c", good));
  assert.equal(conditionReason(w, 2), "ResolvedRefs");
  w.gateway("default/g", [https("https", { name: "c", kind: "ConfigMap" })]);
  assert.equal(conditionReason(w, 2), "InvalidCertificateRef");
});

test("a renewed certificate recomputes no status", async () => {
  const w = world();
  const authority = await testAuthority("ca");
  w.inputs.secrets.set("default/c", tlsSecret("default/c", await authority.issue("a.com")));
  w.gateway("default/g", [https("https", { name: "c" })]);
  const recomputed: string[] = [];
  w.graph.onPass(({ collections }) =>
    recomputed.push(...collections.filter((c) => c.recomputed > 0).map((c) => c.name)),
  );
  w.inputs.secrets.set("default/c", tlsSecret("default/c", await authority.issue("a.com")));
  assert.deepEqual(recomputed, ["credentials in Secrets"]);
});

test("another namespace's Secret needs a ReferenceGrant for Gateways, and is not used without one", async () => {
  const w = world();
  w.inputs.secrets.set("vault/c", tlsSecret("vault/c", await (await testAuthority("ca")).issue("a.com")));
  w.gateway("default/g", [https("https", { name: "c", namespace: "vault" })]);
  w.grant("vault", "default");
  assert.equal(conditionReason(w, 2), "RefNotPermitted");
  assert.equal([...w.api.servers.entries()].length, 0);
  w.grant("vault", "default", "Gateway", "Secret");
  assert.equal(conditionReason(w, 2), "ResolvedRefs");
  assert.equal([...w.api.servers.entries()].length, 1);
});

test("clients' certificates are judged by the port's CA, or the Gateway's; without a valid one nobody is let in", async () => {
  const w = world();
  const authority = await testAuthority("ca");
  w.inputs.secrets.set("default/c", tlsSecret("default/c", await authority.issue("a.com")));
  const metadata = { namespace: "default", name: "ca" };
  w.inputs.caConfigMaps.set("default/ca", { metadata, data: { "ca.crt": authority.certificate } });
  const validation = (kind: string, name: string, namespace?: string) => ({
    validation: { caCertificateRefs: [{ group: "", kind, name, ...(namespace && { namespace }) }] },
  });
  const perPort = [
    { port: 7443, tls: validation("ConfigMap", "absent") },
    { port: 8443, tls: validation("Service", "s") },
    { port: 6443, tls: validation("ConfigMap", "ca", "other") },
    { port: 5443, tls: {} },
  ];
  const ports = [443, 7443, 8443, 6443, 5443];
  w.gateway(
    "default/g",
    ports.map((port) => https(`p${port}`, { name: "c" }, { port })),
    { tls: { frontend: { default: validation("ConfigMap", "ca"), perPort } } },
  );
  const shown = listenersOf(w, "default/g").map(({ conditions }) => [conditions[0]?.reason, conditions[2]?.reason]);
  assert.deepEqual(shown, [
    ["Accepted", "ResolvedRefs"],
    ["NoValidCACertificate", "InvalidCACertificateRef"],
    ["NoValidCACertificate", "InvalidCACertificateKind"],
    ["NoValidCACertificate", "RefNotPermitted"],
    ["Accepted", "ResolvedRefs"],
  ]);
  const served = [...w.api.servers.entries()].map(([, { server }]) => [server.port, server.tls?.mode]);
  assert.deepEqual(served, [
    [443, "Mutual"],
    [5443, "Simple"],
  ]);
});

test("Istio's option lets a listener ask for clients' certificates, by roots beside its own or in NAME-cacert", async () => {
  const w = world();
  const authority = await testAuthority("ca");
  w.inputs.secrets.set("default/c", tlsSecret("default/c", await authority.issue("a.com"), authority.certificate));
  const asking = (mode: string) => {
    const options = { "gateway.istio.io/tls-terminate-mode": mode };
    w.gateway("default/g", [https("https", {}, { tls: { certificateRefs: [{ name: "c" }], options } })]);
    const [, row] = [...w.api.servers.entries()][0] ?? [];
    return row?.server.tls;
  };
  const roots = () => {
    const { clientRoots } = asking("MUTUAL") ?? {};
    return typeof clientRoots === "object" ? [clientRoots.resource, ...clientRoots.objects] : clientRoots;
  };
  assert.deepEqual(roots(), ["kubernetes-gateway://default/c-cacert", "default/c"]);
  const data = { cacert: Buffer.from(authority.certificate).toString("base64") };
  w.inputs.secrets.set("default/c-cacert", { metadata: { namespace: "default", name: "c-cacert" }, data });
  assert.deepEqual(roots(), ["kubernetes-gateway://default/c-cacert", "default/c-cacert"]);
  assert.equal(asking("OPTIONAL_MUTUAL")?.mode, "OptionalMutual");
  assert.equal(asking("ISTIO_MUTUAL"), undefined);
  assert.equal(conditionReason(w, 0), "UnsupportedValue");
});

test("what makes a Gateway invalid, or less safe than it looks, is said in its conditions", () => {
  const w = world();
  const parametersRef = { group: "", kind: "ConfigMap", name: "options" };
  w.gateway("default/g", [http("http")], { infrastructure: { parametersRef } });
  assert.equal(reasons(w, "Gateway", "default/g")[0], "Accepted=False InvalidParameters");
  const validation = {
    caCertificateRefs: [{ group: "", kind: "ConfigMap", name: "ca" }],
    mode: "AllowInsecureFallback",
  };
  w.gateway("default/g", [http("http")], { tls: { frontend: { default: { validation } } } });
  assert.equal(reasons(w, "Gateway", "default/g")[2], "InsecureFrontendValidationMode=True ConfigurationChanged");
});

test("a request on another listener's connection is answered 421, one for an unknown host of its own 404", async () => {
  const w = world();
  w.inputs.secrets.set("default/c", tlsSecret("default/c", await (await testAuthority("ca")).issue("a.com")));
  w.service("default/s", 9080);
  w.gateway("default/g", [
    https("any", { name: "c" }),
    https("wild", { name: "c" }, { hostname: "*.wild.org" }),
    https("exact", { name: "c" }, { hostname: "x.wild.org" }),
  ]);
  w.route("default/r", { ...parent("g"), hostnames: ["x.wild.org", "y.wild.org"], rules: [to("s")] });
  const table = (listener: string) =>
    hostRows(w)
      .filter((row) => row.table === `https.443.${listener}.g.default`)
      .map(({ domain, routes }) => `${domain} ${routes.map(({ action }) => actionText(action)).join()}`)
      .sort();
  assert.deepEqual(table("any"), ["*.wild.org 421", "x.wild.org 421"]);
  assert.deepEqual(table("wild"), ["* 421", "*.wild.org ", "x.wild.org 421", "y.wild.org s*1"]);
  assert.deepEqual(table("exact"), ["* 421", "x.wild.org ", "x.wild.org s*1"]);
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
