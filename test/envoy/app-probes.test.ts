/** A real Envoy answers the kubelet's probes of an application as the application would. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { after, before, test } from "node:test";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { type AppProbe, probeCluster } from "../../src/envoy/bootstrap/app-probes.ts";
import { adminCluster, LEAVE_PATH, statusListener } from "../../src/envoy/bootstrap/static-listeners.ts";
import { eventually } from "../support/eventually.ts";
import { selfSigned } from "./certificates.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "./running-envoy.ts";

const APP = "127.0.0.1";
/** HealthCheckResponse: field 1, value 1. */
const SERVING = Buffer.from([8, 1]);

let envoy: RunningEnvoy;
let status: number;
let tcpPort: number;
let grpcPort: number;
const closing: (() => void)[] = [];
let tcp: TcpServer | undefined;

before(async () => {
  const answer = (incoming: IncomingMessage, response: ServerResponse): void => {
    if (incoming.url === "/slow") return;
    const { url, headers } = incoming;
    if (url === "/moved") response.writeHead(302, { location: "/elsewhere" });
    if (url === "/broken") response.writeHead(500);
    response.end(JSON.stringify({ url, headers }));
  };
  const http = await listen(createServer(answer));
  const { certificate: cert, privateKey: key } = await selfSigned();
  const https = await listen(createHttpsServer({ cert, key }, answer));
  [status, tcpPort, grpcPort] = [await freePort(), await freePort(), await freePort()];
  const path = (name: string) => `/app-health/${name}/readyz`;
  const get = { type: "Http", timeoutSeconds: 1, tls: false, ownHost: false } as const;
  const probes: AppProbe[] = [
    { ...get, path: path("plain"), port: http, targetPath: "/ready?full=1" },
    { ...get, path: path("named"), port: http, targetPath: "/ready", ownHost: true },
    { ...get, path: path("tls"), port: https, targetPath: "/secure", tls: true },
    { ...get, path: path("slow"), port: http, targetPath: "/slow" },
    { ...get, path: path("moved"), port: http, targetPath: "/moved" },
    { ...get, path: path("broken"), port: http, targetPath: "/broken" },
    { type: "Tcp", path: path("tcp"), port: tcpPort, timeoutSeconds: 1, periodSeconds: 1 },
    { type: "Grpc", path: path("grpc"), port: grpcPort, timeoutSeconds: 1, periodSeconds: 1, service: "shop" },
  ];
  envoy = await startStaticEnvoy(
    [adminCluster(await freePort()), ...probes.map((probe) => probeCluster(probe, APP))],
    [statusListener({ port: status, probes, leaveSeconds: 1 }, APP)],
  );
});

after(async () => {
  await envoy?.stop();
  for (const close of closing) close();
});

test("a probe reaches the application with its own path, host and user agent, and nothing is added", async () => {
  const { status: code, body } = await probe("plain");
  assert.equal(code, 200);
  const { url, headers } = JSON.parse(body);
  assert.equal(url, "/ready?full=1");
  assert.match(headers.host, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(Object.keys(headers).sort(), ["host", "user-agent", "x-custom"]);
});

test("a probe that names a host keeps it", async () => {
  const { body } = await probe("named", { host: "shop.example.com" });
  assert.equal(JSON.parse(body).headers.host, "shop.example.com");
});

test("a probe over TLS does not look at the certificate", async () => {
  const { status: code, body } = await probe("tls");
  assert.equal(code, 200);
  assert.equal(JSON.parse(body).url, "/secure");
});

test("a failure stays one, and an application that takes too long has failed", async () => {
  assert.equal((await probe("broken")).status, 500);
  assert.equal((await probe("slow")).status, 504);
});

test("a redirect counts as success, and leads nowhere", async () => {
  const { status: code, location } = await probe("moved");
  assert.deepEqual([code, location], [302, undefined]);
});

test("a TCP probe says whether the application takes connections", async () => {
  assert.equal((await probe("tcp")).status, 503);
  tcp = createTcpServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => tcp?.listen(tcpPort, APP, resolve));
  closing.push(() => tcp?.close());
  await eventually(async () => assert.equal((await probe("tcp")).status, 200));
  tcp.close();
  await eventually(async () => assert.equal((await probe("tcp")).status, 503));
});

test("a gRPC probe asks the health service of the service that it names", async () => {
  assert.equal((await probe("grpc")).status, 503);
  let asked = "";
  const server = new GrpcServer();
  server.addService(
    {
      check: {
        path: "/grpc.health.v1.Health/Check",
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes: Buffer) => bytes.subarray(2).toString(),
        requestSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
      },
    },
    {
      check: ({ request }: { request: string }, answer: (error: null, bytes: Buffer) => void) => {
        asked = request;
        answer(null, SERVING);
      },
    },
  );
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`${APP}:${grpcPort}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  closing.push(() => server.forceShutdown());
  await eventually(async () => assert.equal((await probe("grpc")).status, 200));
  assert.equal(asked, "shop");
});

test("who is about to end is held back for as long as clients need to hear of it", async () => {
  const leaves = ask(LEAVE_PATH);
  const others = (async () => {
    for (let i = 0; i < 5; i++) await probe("plain");
    return "others";
  })();
  assert.equal(await Promise.race([leaves, others]), "others");
  assert.equal((await leaves).status, 200);
});

test("a path that is no probe is not answered", async () => {
  assert.equal((await probe("other")).status, 404);
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, APP, resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

interface Answer {
  status: number;
  body: string;
  location: string | undefined;
}

function probe(name: string, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(`/app-health/${name}/readyz`, headers);
}

function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    `http://${APP}:${status}${path}`,
    { agent: false, headers: { "user-agent": "kube-probe/1.34", "x-custom": "1", connection: "close", ...headers } },
    (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body, location: response.headers.location });
      });
    },
  );
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}
