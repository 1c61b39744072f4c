/** What a real Envoy makes of our routes, where its own rules are not those of the APIs that users write. */
import assert from "node:assert/strict";
import { createServer, get, type IncomingHttpHeaders, type Server } from "node:http";
import { after, before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { address } from "../../src/envoy/addresses.ts";
import { outboundCluster } from "../../src/envoy/clusters.ts";
import { json } from "../../src/envoy/json.ts";
import { httpConnectionManager } from "../../src/envoy/listeners/http-connection-manager.ts";
import { staticRouteConfiguration } from "../../src/envoy/route-configs.ts";
import { httpRoutes } from "../../src/envoy/routes.ts";
import { NO_MESH } from "../../src/envoy/testing/no-mesh.ts";
import { virtualHost } from "../../src/envoy/virtual-hosts.ts";
import type { HttpMatch, HttpRoute, NamedMatch, PathMatch } from "../../src/mesh/model.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "./running-envoy.ts";

const SERVICE = "127.0.0.1";
const gatewayApi = { kind: "gateway.networking.k8s.io/HTTPRoute", namespace: "default", name: "route" };
const istio = { kind: "networking.istio.io/VirtualService", namespace: "default", name: "route" };

let upstream: Server;
let envoy: RunningEnvoy;
let port: number;
let upstreamPort: number;

/** Each virtual host tries one thing. */
const hosts: Record<string, Partial<HttpRoute>[]> = {
  "elements-to-root": [{ origin: gatewayApi, matches: [at("/foo")], rewrite: { path: prefix("/") } }],
  "root-to-elements": [{ origin: gatewayApi, matches: [at("/")], rewrite: { path: prefix("/bar") } }],
  elements: [{ origin: gatewayApi, matches: [at("/foo")], rewrite: { path: prefix("/bar/") } }],
  full: [{ origin: gatewayApi, matches: [at("/foo")], rewrite: { path: { type: "Full", value: "/all\\1" } } }],
  plain: [{ matches: [{ ...at("/"), path: { type: "Prefix", value: "/api/" } }], rewrite: { path: prefix("/") } }],
  redirect: [
    {
      origin: gatewayApi,
      matches: [at("/old")],
      action: { type: "Redirect", redirect: { code: 302, path: prefix("/") } },
    },
  ],
  "without-header": [
    { matches: [headers({ name: "x-a", match: { type: "Exact", value: "1" }, invert: true })] },
    { action: { type: "DirectResponse", response: { status: 418 } } },
  ],
  literal: [{ origin: gatewayApi, requestHeaders: { set: { "x-v": "100%REQ(:path)%" }, add: {}, remove: [] } }],
  formatted: [{ requestHeaders: { set: { "x-v": "100% %REQ(:path)% %MINE%" }, add: {}, remove: [] } }],
  fault: [{ fault: { abort: { percent: 100, httpStatus: 555 } } }],
  cors: [
    {
      fault: { abort: { percent: 100, httpStatus: 500 } },
      cors: {
        allowOrigins: [{ type: "Exact", value: "https://a.example.com" }],
        allowMethods: ["GET"],
        allowHeaders: [],
        exposeHeaders: [],
      },
    },
  ],
};

before(async () => {
  upstream = createServer((request, response) => {
    response.end(JSON.stringify({ path: request.url, value: request.headers["x-v"] }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, SERVICE, resolve));
  const address = upstream.address();
  upstreamPort = address !== null && typeof address === "object" ? address.port : 0;
  port = await freePort();
  envoy = await startStaticEnvoy([json(ClusterSchema, cluster())], [json(ListenerSchema, listener())]);
});

after(async () => {
  await envoy?.stop();
  upstream?.close();
});

for (const [host, path, expected] of [
  ["elements-to-root", "/foo", "/"],
  ["elements-to-root", "/foo/", "/"],
  ["elements-to-root", "/foo/bar?q=/foo", "/bar?q=/foo"],
  ["root-to-elements", "/", "/bar/"],
  ["root-to-elements", "/foo", "/bar/foo"],
  ["elements", "/foo", "/bar"],
  ["elements", "/foo/x", "/bar/x"],
  ["full", "/foo/x?q=1", "/all\\1?q=1"],
  ["plain", "/api/v1", "/v1"],
] as const) {
  test(`${host}: ${path} becomes ${expected}`, async () => {
    assert.equal((await call(host, path)).path, expected);
  });
}

test("a prefix ends at a path element", async () => {
  assert.equal((await call("elements", "/foobar")).status, 404);
});

test("a redirect replaces whole path elements", async () => {
  assert.equal((await call("redirect", "/old")).headers.location, "http://redirect/");
  assert.equal((await call("redirect", "/old/x?y=1")).headers.location, "http://redirect/x?y=1");
});

test("an inverted header match also takes requests without the header", async () => {
  assert.equal((await call("without-header", "/")).status, 200);
  assert.equal((await call("without-header", "/", { "x-a": "2" })).status, 200);
  assert.equal((await call("without-header", "/", { "x-a": "1" })).status, 418);
});

test("percent signs are text in the Gateway API, and commands where Envoy knows them in Istio's", async () => {
  assert.equal((await call("literal", "/p")).value, "100%REQ(:path)%");
  assert.equal((await call("formatted", "/p")).value, "100% /p %MINE%");
});

test("an injected error is one that a browser may read", async () => {
  assert.equal((await call("fault", "/")).status, 555);
  const { status, headers } = await call("cors", "/", { origin: "https://a.example.com" });
  assert.equal(status, 500);
  assert.equal(headers["access-control-allow-origin"], "https://a.example.com");
});

function at(path: string): HttpMatch {
  const match: PathMatch = { type: "PathPrefix", value: path };
  return { path: match, headers: [], queryParams: [] };
}

function headers(...named: NamedMatch[]): HttpMatch {
  return { headers: named, queryParams: [] };
}

function prefix(value: string): { type: "Prefix"; value: string } {
  return { type: "Prefix", value };
}

function listener() {
  const virtualHosts = Object.entries(hosts).map(([name, routes]) =>
    virtualHost({
      name,
      domains: [name],
      routes: httpRoutes(routes.map(complete), {
        port,
        tls: false,
        defaultRetries: 2,
        loadBalancerOf: () => undefined,
      }),
    }),
  );
  const filter = httpConnectionManager({
    role: "Gateway",
    statPrefix: "test",
    routes: staticRouteConfiguration({ name: "test", virtualHosts }),
    lazy: false,
    accessLogFile: "",
  });
  return create(ListenerSchema, {
    name: "test",
    address: address("127.0.0.1", port),
    filterChains: [{ filters: [filter] }],
  });
}

function complete(route: Partial<HttpRoute>): HttpRoute {
  const destinations = [{ host: SERVICE, port: upstreamPort, subset: "", weight: 1 }];
  return { name: "", origin: istio, matches: [], mirrors: [], action: { type: "Forward", destinations }, ...route };
}

function cluster() {
  return outboundCluster({
    service: {
      host: SERVICE,
      namespace: "default",
      origin: { kind: "Service", namespace: "default", name: "echo" },
      ports: [],
      addresses: [],
      resolution: "DNS",
      headless: false,
      meshExternal: false,
      exportTo: ["*"],
      subjectAltNames: [],
      dnsEndpoints: [],
      createdAt: 0,
    },
    port: { name: "http", number: upstreamPort, protocol: "HTTP" },
    policy: {},
    settings: { connectTimeoutMs: 1_000 },
    client: "Gateway",
    mesh: NO_MESH,
  });
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  path?: string;
  value?: string;
}

function call(host: string, path: string, more: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, headers: { ...more, host }, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => {
        const said: { path?: string; value?: string } = body.startsWith("{") ? JSON.parse(body) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, ...said });
      });
    }).on("error", reject);
  });
}
