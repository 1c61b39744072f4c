/** Mutual TLS between pods, which nobody configures; PeerAuthentication; and what is reached without it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestKeyPair, testAuthority } from "../../src/mesh/testing-certificates.ts";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { get, startLoad } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";
import { asksHttp, asksTcp, IDLE, list, say, scripted, serviceOf } from "../support/scripted-pods.ts";

/** HTTP on 8080 and 8081; bytes on 7000, where it speaks first; TLS of its own on 7443; and 7777, which no Service names. */
const SERVER = `
const http = (port) => require("http").createServer((request, response) =>
  response.end(JSON.stringify({ port, xfcc: request.headers["x-forwarded-client-cert"] ?? "" }))).listen(port);
[8080, 8081, 7777].forEach(http);
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
        ...scripted("client", "default", IDLE),
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
    await peers({ mtls: { mode: "PERMISSIVE" } });
    await eventually(() => served(8080));
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

  test("STRICT refuses plain text on every port, also on those that no Service names", async () => {
    const ip = await world.kubectl("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");
    await served(7777, ip);
    await peers({ mtls: { mode: "STRICT" } });
    for (const port of [8080, 8081]) await eventually(() => refused(port));
    await refused(7777, ip);
    assert.match(await plain(asksTcp("server.default", 7001, "echo")), /refused|^$/);
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
    for (const mode of ["STRICT", "PERMISSIVE", "STRICT", "DISABLE", "STRICT", "PERMISSIVE", "DISABLE", "PERMISSIVE"]) {
      for (const each of [load, posted]) each.step(mode);
      await peers({ mtls: { mode } });
      await eventually(() => (mode === "STRICT" ? refused(8080) : served(8080)), 60_000);
      await eventually(async () => assert.equal((await caller()) === "", mode === "DISABLE"), 90_000);
    }
    const [asked, told] = [await load.stop(), await posted.stop()];
    context.diagnostic(
      `${asked.requests + told.requests} requests, ${asked.failures.length + told.failures.length} failed`,
    );
    assert.deepEqual([...asked.failures, ...told.failures], []);
    assert.ok(asked.requests > 500);
  });

  test("every proxy accepted all of it", async () => {
    assert.deepEqual(await new Account(world).outOfSync(), []);
  });
});

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
