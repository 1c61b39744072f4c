/** What a sidecar does with the resources that we make, delivered when first needed; and, for comparison, pushed. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server as HttpServer, request as httpRequest } from "node:http";
import { connect, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { VirtualHostSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import type { DeltaDiscoveryRequest } from "#envoy/service/discovery/v3/discovery_pb.js";
import { outboundCluster, stubCluster } from "../../src/envoy/clusters.ts";
import { type Encoded, encode } from "../../src/envoy/encode.ts";
import { loadAssignment } from "../../src/envoy/endpoints.ts";
import { parseAddressClusterName } from "../../src/envoy/listeners/network-filters.ts";
import { outboundPortListener } from "../../src/envoy/listeners/outbound.ts";
import { parseOutboundClusterName } from "../../src/envoy/names.ts";
import { eagerRouteConfiguration, lazyRouteConfiguration } from "../../src/envoy/route-configs.ts";
import { httpRoutes } from "../../src/envoy/routes.ts";
import { NO_MESH } from "../../src/envoy/testing/no-mesh.ts";
import { CLUSTER, LISTENER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../../src/envoy/types.ts";
import { blockedVirtualHost, placeholderVirtualHost, virtualHost } from "../../src/envoy/virtual-hosts.ts";
import type { Endpoint, HttpRoute, Service } from "../../src/mesh/model.ts";
import { type AdsServer, startAdsServer } from "./ads-server.ts";
import { freePort, startEnvoy } from "./running-envoy.ts";

const settings = { connectTimeoutMs: 1_000 };
const folder = mkdtempSync(join(tmpdir(), "lateen-on-demand-"));
const asked: string[] = [];
/** Nobody answers for these. */
const silent = new Set<string>();
let ads: AdsServer;
let envoy: { stop(): Promise<void>; admin: string };
let httpPort: number;
let tcpPort: number;
let eagerPort: number;
let first: HttpServer;
let second: HttpServer;
let database: Server;
const hosts = new Map<string, Endpoint[]>();

before(async () => {
  first = await echo("first");
  second = await echo("second");
  database = createTcpServer((socket) => socket.end("the server speaks first\n"));
  await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
  httpPort = await freePort();
  tcpPort = await freePort();
  eagerPort = await freePort();
  hosts.set("reviews", [endpoint(portOf(first))]);
  hosts.set("slow", [endpoint(portOf(first))]);
  hosts.set("leaving", [
    endpoint(portOf(second)),
    endpoint(portOf(first), { health: "Draining" }),
    endpoint(portOf(first), { health: "Draining", address: "127.0.0.2" }),
  ]);
  hosts.set("gone", [endpoint(portOf(second), { health: "Draining" })]);
  hosts.set("database", [endpoint(portOf(database))]);
  const socket = join(folder, "xds.sock");
  ads = await startAdsServer(socket, answer);
  envoy = await startEnvoy(socket);
});

after(async () => {
  await envoy?.stop();
  ads?.close();
  for (const server of [first, second, database]) server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a host is asked for under its name in lower case with the port, and its cluster with it", async () => {
  const { status, body } = await request("Reviews");
  assert.equal(status, 200);
  assert.equal(body, "first /a");
  assert.ok(asked.includes(`${httpPort}/reviews:${httpPort}`), asked.join(" "));
  assert.ok(asked.includes(`outbound|${httpPort}||reviews`), asked.join(" "));
  asked.length = 0;
  assert.equal((await request("reviews")).status, 200);
  assert.deepEqual(asked, []);
});

test("the first request to a host may have a body of any size", async () => {
  hosts.set("uploads", [endpoint(portOf(first))]);
  const { status, body } = await request("uploads", "/a", Buffer.alloc(5 * 1024 * 1024));
  assert.equal(status, 200);
  assert.equal(body, `first /a ${5 * 1024 * 1024}`);
});

test("the first request to a host meets its faults already", async () => {
  assert.equal((await request("faulty")).status, 555);
  assert.equal((await request("faulty-too", "/a", Buffer.from("body"))).status, 555);
});

test("an absent host is an immediate 404", async () => {
  assert.equal((await request("absent")).status, 404);
});

test("a cluster that does not exist is an immediate 503", async () => {
  assert.equal((await request("no-cluster")).status, 503);
});

test("a connection of plain TCP asks for the cluster of its address, also when the server speaks first", async () => {
  assert.equal(await read(tcpPort), "the server speaks first\n");
  assert.ok(asked.includes(`tcp|127.0.0.1:${tcpPort}`), asked.join(" "));
});

test("endpoints that are leaving get nothing while there is another, and everything when there is none", async () => {
  for (let i = 0; i < 20; i++) assert.equal((await request("leaving")).body, "second /a");
  assert.equal((await request("gone")).body, "second /a");
});

test("a request without a route ends in 504, and one with a route may take its time", async () => {
  silent.add(`${httpPort}/nobody:${httpPort}`);
  const [without, slow] = await Promise.all([request("nobody"), request("slow", "/wait-11s")]);
  assert.equal(without.status, 504);
  assert.equal(slow.status, 200);
});

test("a request to a cluster for which nobody answers ends in 503", async () => {
  silent.add(`outbound|${httpPort}||unanswered`);
  assert.equal((await request("unanswered")).status, 503);
});

test("a changed virtual host is taken without being asked for", async () => {
  const name = `${httpPort}/reviews:${httpPort}`;
  ads.push(VIRTUAL_HOST, [host(name, "leaving")]);
  await eventually(async () => assert.equal((await request("reviews")).body, "second /a"));
});

test("pushed virtual hosts match with and without the port, and what none claims gets the rest's answer", async () => {
  assert.equal((await request("reviews", "/a", undefined, eagerPort)).status, 502);
  asked.length = 0;
  ads.push(CLUSTER, [cluster(`outbound|${httpPort}||reviews`)]);
  ads.push(VIRTUAL_HOST, [host(`${eagerPort}/reviews`)]);
  await eventually(async () => assert.equal((await request("reviews", "/a", undefined, eagerPort)).status, 200));
  assert.equal((await request("unknown", "/a", undefined, eagerPort)).status, 502);
  assert.deepEqual(asked, []);
});

test("Envoy rejected nothing of this", () => assert.deepEqual(ads.rejections, []));

function answer(request: DeltaDiscoveryRequest, send: (resources: readonly Encoded[]) => void): void {
  const firstOfType = request.responseNonce === "";
  const names = request.resourceNamesSubscribe.filter((name) => name !== "*" && !silent.has(name));
  if (request.typeUrl !== LOAD_ASSIGNMENT) asked.push(...request.resourceNamesSubscribe);
  switch (request.typeUrl) {
    case LISTENER:
      if (firstOfType) send([httpPort, tcpPort, eagerPort].map(listener));
      return;
    case CLUSTER:
      if (firstOfType || names.length > 0) send(names.map(cluster));
      return;
    case LOAD_ASSIGNMENT:
      if (names.length > 0) send(names.map(endpoints));
      return;
    case ROUTE_CONFIGURATION:
      send(names.map(routeConfiguration));
      return;
    case VIRTUAL_HOST:
      if (names.length > 0) send(names.map((name) => host(name)));
      // only after the route configurations are there
      else if (firstOfType) setTimeout(() => ads.push(VIRTUAL_HOST, placeholders()), 50);
  }
}

function routeConfiguration(name: string): Encoded {
  const rest = blockedVirtualHost({ name: "rest", domains: ["*"] });
  const lazy = name !== String(eagerPort);
  const message = lazy ? lazyRouteConfiguration({ name }) : eagerRouteConfiguration({ name, rest });
  return encode(RouteConfigurationSchema, message, about(name));
}

function placeholders(): Encoded[] {
  return [httpPort, tcpPort, eagerPort].map((port) => {
    const name = `${port}/placeholder`;
    return encode(VirtualHostSchema, placeholderVirtualHost(name), about(name));
  });
}

function listener(port: number): Encoded {
  const message = outboundPortListener({
    port,
    lazy: port !== eagerPort,
    settings: { outboundTrafficPolicy: "ALLOW_ANY", accessLogFile: "" },
    serviceRanges: ["127.0.0.0/8"],
  });
  // no kernel redirects here: clients connect to it
  message.bindToPort = true;
  // the database's client says nothing: here as if its port had no HTTP
  if (port === tcpPort) message.listenerFilters = [];
  return encode(ListenerSchema, message, about(message.name));
}

function cluster(name: string): Encoded {
  const named = parseOutboundClusterName(name);
  const byAddress = parseAddressClusterName(name);
  const message =
    byAddress?.port === tcpPort
      ? outboundCluster({ ...params("database", tcpPort), name })
      : named && hosts.has(named.host)
        ? outboundCluster(params(named.host, named.port))
        : stubCluster(name, settings);
  return encode(ClusterSchema, message, about(name));
}

function endpoints(clusterName: string): Encoded {
  const found = hosts.get(parseOutboundClusterName(clusterName)?.host ?? "") ?? [];
  const message = loadAssignment({ clusterName, endpoints: found });
  return encode(ClusterLoadAssignmentSchema, message, about(clusterName));
}

function host(name: string, to?: string): Encoded {
  const domain = name.slice(name.indexOf("/") + 1);
  const service = to ?? domain.split(":")[0] ?? "";
  if (service === "absent") return { ...about(name), version: "absent", body: undefined };
  const routes = httpRoutes([route(service)], {
    port: httpPort,
    tls: false,
    defaultRetries: 2,
    loadBalancerOf: () => undefined,
  });
  return encode(VirtualHostSchema, virtualHost({ name, domains: [domain], routes }), about(name));
}

function route(service: string): HttpRoute {
  return {
    name: "",
    origin: { kind: "Service", namespace: "default", name: service },
    matches: [],
    action: { type: "Forward", destinations: [{ host: service, port: httpPort, subset: "", weight: 1 }] },
    mirrors: [],
    ...(service.startsWith("faulty") && { fault: { abort: { percent: 100, httpStatus: 555 } } }),
  };
}

function params(name: string, number: number) {
  const service: Service = {
    host: name,
    namespace: "default",
    origin: { kind: "Service", namespace: "default", name },
    ports: [],
    addresses: [],
    resolution: "Endpoints",
    headless: false,
    meshExternal: false,
    exportTo: ["*"],
    subjectAltNames: [],
    dnsEndpoints: [],
    createdAt: 0,
  };
  return {
    service,
    port: { name: "p", number, protocol: "HTTP" },
    policy: {},
    settings,
    client: "Sidecar",
    mesh: NO_MESH,
  } as const;
}

function endpoint(port: number, more: Partial<Endpoint> = {}): Endpoint {
  return {
    address: "127.0.0.1",
    port,
    labels: {},
    health: "Healthy",
    locality: "",
    weight: 1,
    workload: "w",
    namespace: "default",
    serviceAccount: "s",
    meshed: false,
    ...more,
  };
}

function about(name: string) {
  return { name, origins: [] };
}

async function echo(name: string): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => {
    const wait = incoming.url === "/wait-11s" ? 11_000 : 0;
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    incoming.on("end", () => {
      setTimeout(() => outgoing.end(`${name} ${incoming.url}${size > 0 ? ` ${size}` : ""}`), wait);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

function request(
  name: string,
  path = "/a",
  upload?: Buffer,
  port = httpPort,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${name}:${port}`, connection: "close" };
    const method = upload ? "POST" : "GET";
    httpRequest({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end(upload);
  });
}

function read(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    connect(port, "127.0.0.1")
      .setEncoding("utf8")
      .on("data", (chunk) => {
        text += chunk;
      })
      .on("end", () => resolve(text))
      .on("error", reject);
  });
}

async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
