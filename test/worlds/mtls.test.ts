/** Mutual TLS between pods, which nobody configures; PeerAuthentication; and what is reached without it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestKeyPair, testAuthority } from "../../src/mesh/testing-certificates.ts";
import { Account } from "../support/account.ts";
import { exchange, namesShown } from "../support/connections.ts";
import { eventually } from "../support/eventually.ts";
import { get, startLoad } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";
import { asksHttp, asksTcp, IDLE, list, poster, say, scripted, serviceOf } from "../support/scripted-pods.ts";

/** HTTP on 8080 and 8081; HTTP/2 on 8082; bytes on 7000, where it speaks first; TLS of its own on 7443; and 7777, which no Service names. */
const SERVER = `
const http = (port) => require("http").createServer((request, response) =>
  response.end(JSON.stringify({ port, xfcc: request.headers["x-forwarded-client-cert"] ?? "" }))).listen(port);
[8080, 8081, 7777].forEach(http);
require("http2").createServer((request, response) =>
  response.end(request.headers["x-forwarded-client-cert"] ?? "nobody")).listen(8082);
const echo = (greeting) => (socket) => {
  socket.on("error", () => {}).write(greeting);
  socket.on("data", (data) => socket.write(data));
};
require("net").createServer(echo("hello\\n")).listen(7000);
require("net").createServer(echo("")).listen(7001);
require("tls").createServer({ cert: process.env.CERT, key: process.env.KEY }, echo("encrypted\\n")).listen(7443);
`;

const PORTS = [
  { name: "http", port: 8080 },
  { name: "http-other", port: 8081 },
  { name: "http2", port: 8082 },
  { name: "tcp-first", port: 7000 },
  { name: "any", port: 7001 },
  { name: "tls", port: 7443 },
];

const MESHED = "spiffe://cluster.local/ns/default/sa/client";

describe("mutual TLS", { timeout: 600_000 }, () => {
  const world = openWorld();
  let own: TestKeyPair;

  const meshed = (script: string) => say(world, "default", "client", script);
  const plain = (script: string) => say(world, "plain", "client", script);
  const peers = (spec: object, name = "default", namespace = "default") =>
    world.apply(
      JSON.stringify({
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        metadata: { name, namespace },
        spec,
      }),
    );
  const at = (host: string, port: number) => asksHttp(host, port);
  /** Whom the server took the caller for: "" is nobody. */
  const caller = async (host = "server", port = 8080): Promise<string> => {
    const said = await meshed(at(host, port));
    assert.match(said, /^200 /);
    return JSON.parse(said.slice(4)).xfcc;
  };
  const refused = async (port: number, host = "server.default") =>
    assert.match(await plain(at(host, port)), /refused|^50\d/);
  const served = async (port: number, host = "server.default") =>
    assert.match(await plain(at(host, port)), /^200 .*"xfcc":""/);

  before(async () => {
    await world.start("up");
    own = await (await testAuthority("own")).issue("own.example.com");
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled", "--overwrite");
    await world.kubectl("create", "namespace", "plain");
    await world.apply(
      list(
        ...scripted("server", "default", SERVER, { CERT: own.certificate, KEY: own.privateKey }),
        serviceOf("server", "default", PORTS),
        serviceOf("server", "default", [{ name: "http", port: 8080 }], { name: "headless", clusterIP: "None" }),
        serviceOf("nobody", "default", [{ name: "tcp", port: 9000 }], { name: "routed" }),
        ...scripted("client", "default", IDLE),
        ...scripted("poster", "default", poster("server", 8080)),
        ...scripted("client", "plain", IDLE),
        ...scripted("server", "plain", SERVER, { CERT: own.certificate, KEY: own.privateKey }),
        serviceOf("server", "plain", PORTS),
      ),
    );
    for (const namespace of ["default", "plain"]) {
      await world.kubectl(
        ...["wait", "-n", namespace, "--for=condition=available", "--timeout=120s", "deployment", "--all"],
      );
    }
    await eventually(async () => assert.equal(typeof (await caller()), "string"));
  });
  after(() => world.end());

  test("a server learns from its proxy who calls, and nobody configured anything", async () => {
    assert.match(await caller(), /^By=spiffe:\/\/cluster\.local\/ns\/default\/sa\/server;.*URI=spiffe:.*\/sa\/client$/);
    assert.match(await caller(), new RegExp(`URI=${MESHED}$`));
  });

  test("what a client writes about who it is is taken away, by its own proxy or by the server's", async () => {
    const headers = { "x-forwarded-client-cert": "By=x;URI=spiffe://cluster.local/ns/istio-system/sa/admin" };
    assert.match(await plain(asksHttp("server.default", 8080, headers)), /"xfcc":""/);
    const said = await meshed(asksHttp("server", 8080, headers));
    assert.doesNotMatch(said, /admin/);
    assert.match(said, new RegExp(MESHED));
  });

  test("clients without a sidecar are served, and so are pods without one", async () => {
    for (const port of [8080, 8081]) await served(port);
    assert.equal(await caller("server.plain"), "");
    assert.match(await plain(asksTcp("server.default", 7001, "echo")), /^echo$/);
  });

  test("bytes go by mutual TLS too, also where the server speaks first", async () => {
    assert.match(await meshed(asksTcp("server", 7000, "echo", "hello")), /^hello\s+echo$/);
    assert.match(await meshed(asksTcp("server", 7001, "echo")), /^echo$/);
    await peers({ mtls: { mode: "STRICT" } });
    await eventually(() => refused(8080));
    // nothing but mutual TLS comes through now
    assert.match(await meshed(asksTcp("server", 7000, "echo", "hello")), /^hello\s+echo$/);
    assert.match(await meshed(asksTcp("server", 7001, "echo")), /^echo$/);
    // also where a route sends bytes to a port of which nobody says what it speaks
    const route = [{ destination: { host: "server", port: { number: 7001 } } }];
    const routed = { hosts: ["routed"], tcp: [{ route }] };
    const object = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: { name: "routed" } };
    await world.apply(JSON.stringify({ ...object, spec: routed }));
    await eventually(async () => assert.match(await meshed(asksTcp("routed", 9000, "echo")), /^echo$/));
    await peers({ mtls: { mode: "PERMISSIVE" } });
    await eventually(() => served(8080));
  });

  test("HTTP/2 goes by mutual TLS from one end to the other", async () => {
    const script = `const session = require("http2").connect("http://server.default:8082");
      let body = "";
      session.request({ ":path": "/" }).setEncoding("utf8").on("data", (text) => { body += text; })
        .on("end", () => { console.log(body); session.close(); });`;
    assert.match(await meshed(script), new RegExp(`URI=${MESHED}$`));
    assert.equal(await plain(script), "nobody");
  });

  test("an application that speaks TLS itself is reached by it, from inside the mesh and from outside", async () => {
    for (const ask of [meshed, plain]) {
      const script = `const socket = require("tls").connect({ host: "server.default", port: 7443,
        servername: "own.example.com", rejectUnauthorized: false }, () => console.log(socket.getPeerCertificate().subject.CN));
        socket.setEncoding("utf8").on("data", (text) => { console.log(text.trim()); socket.end(); });
        socket.on("error", (error) => console.log("refused", error.code));`;
      assert.match(await ask(script), /^own\.example\.com\s+encrypted$/);
    }
  });

  test("the pods of a headless service are called by mutual TLS as well", async () => {
    assert.match(await caller("headless"), new RegExp(`URI=${MESHED}$`));
  });

  test("a gateway shows its own identity to the pods behind it", async () => {
    await world.apply(GATEWAY);
    const url = await world.gateway("istio-ingressgateway", "istio-system");
    await eventually(async () => {
      const { body } = await get(url, { headers: { host: "server.example.com" } });
      assert.match(body, /URI=spiffe:\/\/cluster\.local\/ns\/istio-system\/sa\/istio-ingressgateway/);
    });
  });

  test("a gateway sends bytes on by mutual TLS, and TLS of the mesh as it is", async () => {
    const { host, port } = await world.gatewayPort("istio-ingressgateway", "istio-system", 443);
    await peers({ mtls: { mode: "STRICT" } });
    await world.apply(portOfGateway({ protocol: "TCP", hosts: ["*"] }));
    await eventually(async () => assert.equal(await exchange(host, port, "ping"), "ping"));
    await world.apply(portOfGateway({ protocol: "TLS", hosts: ["*.local"], tls: { mode: "AUTO_PASSTHROUGH" } }));
    const through = (servername: string, ALPNProtocols: string[]) =>
      namesShown({ host, port, servername, ALPNProtocols, rejectUnauthorized: false });
    const name = "outbound_.8080_._.server.default.svc.cluster.local";
    await eventually(async () =>
      assert.equal(await through(name, ["istio"]), "URI:spiffe://cluster.local/ns/default/sa/server"),
    );
    // neither TLS of others nor what the server name does not stand for
    await assert.rejects(through(name, ["http/1.1"]));
    for (const other of ["outbound|8080||server", "outbound_.8083_._.server", "server"]) {
      await assert.rejects(through(`${other}.default.svc.cluster.local`, ["istio"]));
    }
    await world.kubectl("delete", "gateways.networking.istio.io", "port");
    await peers({ mtls: { mode: "PERMISSIVE" } });
    await eventually(() => served(8080));
  });

  test("the mesh speaks TLS 1.3 and nothing older, and lets nobody in without its certificates", async () => {
    for (const [maxVersion, said] of [
      ["TLSv1.2", /PROTOCOL_VERSION/],
      ["TLSv1.3", /CERTIFICATE_REQUIRED|ECONNRESET|^$/],
    ] as const) {
      const script = `const socket = require("tls").connect({ host: "server.default", port: 8080, maxVersion: "${maxVersion}",
        rejectUnauthorized: false, ALPNProtocols: ["istio-http/1.1"] }, () => socket.write("GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n"));
        socket.on("data", (data) => console.log("let in", String(data)));
        socket.on("error", (error) => console.log(error.code));`;
      assert.match(await plain(script), said);
    }
  });

  test("a machine that a ServiceEntry names must be who it says", async () => {
    const address = await world.kubectl("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");
    const entry = (serviceAccount: string) =>
      world.apply(
        JSON.stringify({
          apiVersion: "networking.istio.io/v1",
          kind: "ServiceEntry",
          metadata: { name: "machine" },
          spec: {
            hosts: ["machine.example.com"],
            ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
            location: "MESH_INTERNAL",
            resolution: "STATIC",
            endpoints: [{ address, serviceAccount }],
          },
        }),
      );
    const machine = () => meshed(asksHttp("server", 8080, { host: "machine.example.com" }));
    await entry("server");
    await eventually(async () => assert.match(await machine(), new RegExp(`^200 .*URI=${MESHED}`)));
    await entry("somebody");
    await eventually(async () => assert.match(await machine(), /^503 /));
  });

  test("STRICT refuses plain text on every port, also on those that no Service names", async () => {
    const ip = await world.kubectl("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");
    await served(7777, ip);
    await peers({ mtls: { mode: "STRICT" } });
    for (const port of [8080, 8081]) await eventually(() => refused(port));
    await refused(7777, ip);
    assert.match(await plain(asksTcp("server.default", 7001, "echo")), /refused|^$/);
    assert.match(await caller(), new RegExp(`URI=${MESHED}$`));
  });

  test("the kubelet's probes reach an application that takes nothing but mutual TLS", async () => {
    const httpGet = { path: "/", port: 8080 };
    const containers = [{ name: "app", readinessProbe: { httpGet, periodSeconds: 1 } }];
    const patch = JSON.stringify({ spec: { template: { spec: { containers } } } });
    await world.kubectl("patch", "deployment", "server", "-p", patch);
    await world.kubectl("rollout", "status", "--timeout=120s", "deployment/server");
    await refused(8080);
    assert.match(await caller(), new RegExp(`URI=${MESHED}$`));
  });

  test("a port has a mode of its own, a workload before its namespace", async () => {
    const selector = { matchLabels: { app: "server" } };
    await peers({ selector, mtls: { mode: "UNSET" }, portLevelMtls: { 8081: { mode: "DISABLE" } } }, "server");
    await eventually(() => served(8081));
    await refused(8080);
    await eventually(async () => assert.equal(await caller("server", 8081), ""), 60_000);
    assert.match(await caller(), new RegExp(`URI=${MESHED}$`));
    await world.kubectl("delete", "peerauthentication", "server");
  });

  test("a DestinationRule says how to speak to a service, whatever its pods can", async () => {
    await peers({ mtls: { mode: "PERMISSIVE" } });
    const rule = (tls: object) =>
      world.apply(
        JSON.stringify({
          apiVersion: "networking.istio.io/v1",
          kind: "DestinationRule",
          metadata: { name: "server" },
          spec: { host: "server", trafficPolicy: { tls } },
        }),
      );
    await rule({ mode: "DISABLE" });
    await eventually(async () => assert.equal(await caller(), ""));
    await rule({ mode: "ISTIO_MUTUAL" });
    await eventually(async () => assert.match(await caller(), new RegExp(`URI=${MESHED}$`)));
    // whoever answers must be who is asked for
    await rule({ mode: "ISTIO_MUTUAL", subjectAltNames: ["spiffe://cluster.local/ns/default/sa/somebody"] });
    await eventually(async () => assert.match(await meshed(at("server", 8080)), /^503 /));
    await world.kubectl("delete", "destinationrule", "server");
    await eventually(async () => assert.match(await caller(), new RegExp(`URI=${MESHED}$`)));
  });

  test("modes change under load, and no client of the mesh notices", async (context) => {
    const url = await world.gateway("istio-ingressgateway", "istio-system");
    const load = startLoad(url, { headers: { host: "server.example.com" }, clients: 8 });
    const posted = startLoad(url, { headers: { host: "server.example.com" }, clients: 4, post: "some body" });
    const pods = async (path: string) => say(world, "default", "poster", asksHttp("127.0.0.1", 9999, {}, path));
    await pods("/begin");
    for (const mode of ["STRICT", "PERMISSIVE", "STRICT", "DISABLE", "STRICT", "PERMISSIVE", "DISABLE", "PERMISSIVE"]) {
      for (const each of [load, posted]) each.step(mode);
      await peers({ mtls: { mode } });
      await eventually(() => (mode === "STRICT" ? refused(8080) : served(8080)), 60_000);
      await eventually(async () => assert.equal((await caller()) === "", mode === "DISABLE"), 90_000);
    }
    const podsOwn: { requests: number; failures: string[] } = JSON.parse((await pods("/end")).slice("200 ".length));
    const [asked, told] = [await load.stop(), await posted.stop()];
    const requests = asked.requests + told.requests + podsOwn.requests;
    context.diagnostic(`${requests} requests, ${podsOwn.requests} of them of a pod`);
    assert.deepEqual(podsOwn.failures, []);
    assert.deepEqual([...asked.failures, ...told.failures], []);
    assert.ok(asked.requests > 500);
  });

  test("every proxy accepted all of it", async () => {
    await eventually(async () => assert.deepEqual(await new Account(world).outOfSync(), []));
  });
});

/** The gateway's port 443, and by TCP from there to the server's port of undeclared protocol. */
function portOfGateway({ protocol, hosts, tls }: { protocol: string; hosts: string[]; tls?: object }): string {
  const networking = { apiVersion: "networking.istio.io/v1", metadata: { name: "port" } };
  const server = { port: { number: 443, name: "port", protocol }, hosts, ...(tls && { tls }) };
  const route = [{ destination: { host: "server.default.svc.cluster.local", port: { number: 7001 } } }];
  return list(
    { ...networking, kind: "Gateway", spec: { selector: { istio: "ingressgateway" }, servers: [server] } },
    { ...networking, kind: "VirtualService", spec: { hosts: ["*"], gateways: ["port"], tcp: [{ route }] } },
  );
}

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: server}
spec:
  selector: {istio: ingressgateway}
  servers:
  - {port: {number: 80, name: http, protocol: HTTP}, hosts: [server.example.com]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server}
spec:
  hosts: [server.example.com]
  gateways: [server]
  http:
  - route: [{destination: {host: server, port: {number: 8080}}}]
`;
