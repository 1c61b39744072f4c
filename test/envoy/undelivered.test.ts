/**
 * Two real Envoys before two applications, and one before their client: a request that never came to an application goes
 * to the other, whatever its method, and a request that may have come is never sent twice.
 */
import assert from "node:assert/strict";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { type Cluster, ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { address } from "../../src/envoy/addresses.ts";
import { inboundCluster, outboundCluster } from "../../src/envoy/clusters.ts";
import { json } from "../../src/envoy/json.ts";
import { httpConnectionManager } from "../../src/envoy/listeners/http-connection-manager.ts";
import { LEAVING } from "../../src/envoy/names.ts";
import { staticRouteConfiguration } from "../../src/envoy/route-configs.ts";
import { inboundRouteConfiguration } from "../../src/envoy/routes/inbound.ts";
import { httpRoutes } from "../../src/envoy/routes.ts";
import { NO_MESH } from "../../src/envoy/testing/no-mesh.ts";
import { UNDELIVERED } from "../../src/envoy/undelivered.ts";
import { virtualHost } from "../../src/envoy/virtual-hosts.ts";
import type { HttpRoute, Retries, Service } from "../../src/mesh/model.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "./running-envoy.ts";

const HOST = "127.0.0.1";

interface Pod {
  proxy: RunningEnvoy;
  /** Of its sidecar, and of its application. */
  port: number;
  appPort: number;
  app?: Server;
  /** How many requests came to the application. */
  seen: number;
}

let pods: [Pod, Pod];
let client: RunningEnvoy;
let clientPort: number;

/** Virtual hosts of the client, by what they say of retries. */
const RETRIES: Record<string, Retries | undefined> = {
  default: undefined,
  chosen: { attempts: 2, on: ["gateway-error"], retriableStatusCodes: [] },
  none: { attempts: 0, on: [], retriableStatusCodes: [] },
};

before(async () => {
  pods = [await startPod(), await startPod()];
  clientPort = await freePort();
  client = await startStaticEnvoy([json(ClusterSchema, cluster())], [json(ListenerSchema, listener())]);
});

after(async () => {
  await client?.stop();
  for (const pod of pods ?? []) await pod.proxy.stop();
});

beforeEach(() => {
  for (const pod of pods) pod.seen = 0;
});

afterEach(async () => {
  for (const pod of pods) {
    await setLeaving(pod, false);
    pod.app?.closeAllConnections();
    await new Promise((resolve) => (pod.app ? pod.app.close(resolve) : resolve(undefined)));
    delete pod.app;
  }
});

for (const host of ["default", "chosen"]) {
  test(`POSTs that a leaving application does not take go to the other, with ${host} retries`, async () => {
    const [first, second] = pods;
    await setLeaving(first, true);
    await startApp(second);
    for (let i = 0; i < 40; i++) assert.equal((await post(clientPort, host)).status, 200);
    assert.equal(second.seen, 40);
  });
}

test("what nobody takes is an error, which tells nothing of how proxies spoke of it", async () => {
  for (const pod of pods) await setLeaving(pod, true);
  const { status, headers } = await post(clientPort, "default");
  assert.equal(status, 503);
  assert.equal(headers[UNDELIVERED], undefined);
});

test("no retries means none", async () => {
  const [first, second] = pods;
  await setLeaving(first, true);
  await startApp(second);
  const statuses = new Set<number>();
  for (let i = 0; i < 10; i++) statuses.add((await post(clientPort, "none")).status);
  assert.deepEqual([...statuses].sort(), [200, 503]);
});

test("only another proxy is told that a request was not delivered", async () => {
  const [first] = pods;
  await setLeaving(first, true);
  assert.equal((await post(first.port, "any", { "x-envoy-attempt-count": "1" })).headers[UNDELIVERED], "true");
  assert.equal((await post(first.port, "any")).headers[UNDELIVERED], undefined);
});

test("a request that an application took and lost is not sent again", async () => {
  for (const pod of pods) await startApp(pod, (_incoming, response) => response.socket?.destroy());
  assert.equal((await post(clientPort, "default")).status, 503);
  assert.equal(pods[0].seen + pods[1].seen, 1);
});

test("an application cannot say of itself that it was not reached", async () => {
  for (const pod of pods) await startApp(pod, (_incoming, response) => response.setHeader(UNDELIVERED, "true").end());
  const { status, headers } = await post(clientPort, "default");
  assert.deepEqual([status, headers[UNDELIVERED]], [200, undefined]);
  assert.equal(pods[0].seen + pods[1].seen, 1);
});

test("an application that is about to listen is waited for", async () => {
  const answers = Array.from({ length: 10 }, () => post(clientPort, "default"));
  await sleep(700);
  for (const pod of pods) await startApp(pod);
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
});

test("the sidecar closes an idle connection before the application does", async () => {
  const [first] = pods;
  await startApp(first);
  let closedByProxy = false;
  first.app?.on("connection", (socket) => {
    socket.on("end", () => {
      closedByProxy = true;
    });
  });
  assert.equal((await post(first.port, "any")).status, 200);
  await sleep(2_000);
  assert.ok(closedByProxy);
});

async function startPod(): Promise<Pod> {
  const [port, appPort] = [await freePort(), await freePort()];
  const routes = inboundRouteConfiguration({ port: appPort, protocol: "HTTP", operation: "test" });
  const filter = httpConnectionManager({
    role: "SidecarInbound",
    statPrefix: "inbound",
    routes,
    lazy: false,
    accessLogFile: "",
  });
  const listener = create(ListenerSchema, {
    name: "inbound",
    address: address(HOST, port),
    filterChains: [{ filters: [filter] }],
  });
  const cluster = inboundCluster({
    port: { name: "http", number: appPort, protocol: "HTTP" },
    targetPort: appPort,
    services: [service()],
    settings: { connectTimeoutMs: 1_000 },
    address: HOST,
  });
  const proxy = await startStaticEnvoy([json(ClusterSchema, cluster)], [json(ListenerSchema, listener)]);
  return { proxy, port, appPort, seen: 0 };
}

async function startApp(pod: Pod, answer: RequestListener = (_incoming, response) => response.end()): Promise<void> {
  const app = createServer();
  app.on("request", (incoming, response) => {
    pod.seen++;
    incoming.resume().on("end", () => answer(incoming, response));
  });
  await new Promise<void>((resolve) => app.listen(pod.appPort, HOST, resolve));
  pod.app = app;
}

async function setLeaving(pod: Pod, leaving: boolean): Promise<void> {
  await fetch(`${pod.proxy.admin}/runtime_modify?${LEAVING}=${leaving ? 100 : 0}`, { method: "POST" });
}

function listener(): Listener {
  const virtualHosts = Object.entries(RETRIES).map(([name, retries]) => {
    const destinations = [{ host: HOST, port: 80, subset: "", weight: 1 }];
    const route: HttpRoute = {
      name: "",
      origin: { kind: "networking.istio.io/VirtualService", namespace: "default", name: "route" },
      matches: [],
      mirrors: [],
      action: { type: "Forward", destinations },
      ...(retries && { retries }),
    };
    const context = { port: clientPort, tls: false, defaultRetries: 2, loadBalancerOf: () => undefined };
    return virtualHost({ name, domains: [name], routes: httpRoutes([route], context) });
  });
  const filter = httpConnectionManager({
    role: "SidecarOutbound",
    statPrefix: "outbound",
    routes: staticRouteConfiguration({ name: "80", virtualHosts }),
    lazy: false,
    accessLogFile: "",
  });
  return create(ListenerSchema, {
    name: "outbound",
    address: address(HOST, clientPort),
    filterChains: [{ filters: [filter] }],
  });
}

function cluster(): Cluster {
  return outboundCluster({
    service: service(),
    port: { name: "http", number: 80, protocol: "HTTP" },
    policy: {},
    settings: { connectTimeoutMs: 1_000 },
    client: "Sidecar",
    mesh: NO_MESH,
  });
}

function service(): Service {
  return {
    host: HOST,
    namespace: "default",
    origin: { kind: "Service", namespace: "default", name: "app" },
    ports: [],
    addresses: [],
    resolution: "DNS",
    headless: false,
    meshExternal: false,
    exportTo: ["*"],
    subjectAltNames: [],
    dnsEndpoints: (pods ?? []).map(({ port }) => ({
      host: HOST,
      ports: { http: port },
      labels: {},
      weight: 1,
      locality: "",
      serviceAccount: "",
      meshed: false,
    })),
    createdAt: 0,
  };
}

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
}

function post(port: number, host: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    { host: HOST, port, method: "POST", path: "/", headers: { host, ...headers }, agent: false },
    (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    },
  );
  outgoing.on("error", reject);
  outgoing.end("some body");
  return promise;
}
