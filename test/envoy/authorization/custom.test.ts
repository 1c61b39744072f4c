/** CUSTOM policies: who is asked, about what, and what becomes of the answer. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { outboundClusterName } from "../../../src/envoy/names.ts";
import { service } from "../../../src/mesh/testing.ts";
import { freePort } from "../running-envoy.ts";
import { type Authorizer, grpcAuthorizer, httpAuthorizer } from "./authorizers.ts";
import type { CallSpec, Outcome } from "./calls.ts";
import { authorizationFor } from "./differential.ts";
import { type Proxied, startProxied, staticCluster } from "./proxied.ts";
import type { PolicyCase } from "./tables.ts";

const YES = { "x-ext-authz": "allow" };

const asks = (provider: string, path = "/asked*"): PolicyCase => ({
  action: "CUSTOM",
  provider: { name: provider },
  rules: [{ to: [{ operation: { paths: [path] } }] }],
});

/** By name: the policies of a workload. */
const WORKLOADS = {
  http: [asks("http")],
  grpc: [asks("grpc")],
  both: [asks("http", "/a*"), asks("grpc", "*b")],
  denied: [asks("http"), { action: "DENY", rules: [{ to: [{ operation: { methods: ["DELETE"] } }] }] }],
  limited: [asks("http"), { rules: [{ to: [{ operation: { paths: ["/asked/fine"] } }] }] }],
  open: [asks("open")],
  closed: [asks("closed")],
  tcp: [{ action: "CUSTOM", provider: { name: "grpc" }, rules: [{}] }],
  httpForTcp: [{ action: "CUSTOM", provider: { name: "http" }, rules: [{}] }],
} satisfies Record<string, PolicyCase[]>;

const names = Object.keys(WORKLOADS);
let http: Authorizer;
let grpc: Authorizer;
let proxied: Proxied;

before(async () => {
  http = await httpAuthorizer();
  grpc = await grpcAuthorizer();
  const nobody = await freePort();
  const config = JSON.stringify({
    extensionProviders: [
      {
        name: "http",
        envoyExtAuthzHttp: {
          service: "authz.default.svc.cluster.local",
          port: http.port,
          pathPrefix: "/check",
          includeRequestHeadersInCheck: ["x-ext-authz", "x-extra-*"],
          includeAdditionalHeadersInCheck: { "x-added": "yes" },
          includeRequestBodyInCheck: { maxRequestBytes: 64, allowPartialMessage: true },
          headersToUpstreamOnAllow: ["x-ext-authz-*"],
          headersToDownstreamOnDeny: ["x-ext-authz-result"],
        },
      },
      { name: "grpc", envoyExtAuthzGrpc: { service: "authz.default.svc.cluster.local", port: grpc.port } },
      {
        name: "open",
        envoyExtAuthzGrpc: { service: "authz.default.svc.cluster.local", port: nobody, timeout: "1s", failOpen: true },
      },
      {
        name: "closed",
        envoyExtAuthzHttp: {
          service: "default/authz.default.svc.cluster.local",
          port: nobody,
          timeout: "1s",
          statusOnError: "503",
        },
      },
    ],
  });
  const ports = [http.port, grpc.port, nobody].map((port) => ({ name: `p${port}`, port }));
  const services = [service("authz", "default", { ports })];
  const all = Object.entries(WORKLOADS).map(([name, policies]) =>
    authorizationFor({ name, policies, calls: [] }, config, services),
  );
  const [first] = all;
  assert.ok(first);
  proxied = await startProxied(
    all.map(({ authorization }) => authorization),
    {
      settings: first.settings,
      clusters: [http.port, grpc.port, nobody].map((port) => ({
        ...staticCluster(
          outboundClusterName({ host: "authz.default.svc.cluster.local", port, subset: "" }),
          "127.0.0.1",
          port,
        ),
        ...(port !== http.port && {
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        }),
      })),
    },
  );
});

after(async () => {
  await proxied?.stop();
  http?.close();
  grpc?.close();
});

async function call(workload: keyof typeof WORKLOADS, spec: CallSpec): Promise<Outcome & { asked: number }> {
  const before = http.asked.length + grpc.asked.length;
  const outcome = await proxied.call(names.indexOf(workload), spec);
  return { ...outcome, asked: http.asked.length + grpc.asked.length - before };
}

for (const provider of ["http", "grpc"] as const) {
  describe(`a provider that speaks ${provider}`, () => {
    test("is asked about what its policies match, and nothing else", async () => {
      const other = await call(provider, { path: "/other" });
      assert.deepEqual([other.status, other.asked], [200, 0]);
      const allowed = await call(provider, { path: "/asked", headers: YES });
      assert.deepEqual([allowed.status, allowed.asked], [200, 1]);
      const denied = await call(provider, { path: "/asked" });
      assert.deepEqual([denied.status, denied.asked, denied.body], [403, 1, "denied by ext_authz"]);
    });
  });
}

describe("by HTTP", () => {
  test("the provider gets what it is to get, and no more", async () => {
    await call("http", {
      path: "/asked/x?y=1",
      method: "POST",
      headers: { ...YES, "x-extra-a": "1", "x-private": "p", cookie: "c" },
    });
    const asked = http.asked.at(-1);
    assert.equal(asked?.path, "/check/asked/x?y=1");
    assert.equal(asked?.method, "POST");
    const { "x-extra-a": extra, "x-added": added, "x-private": hidden, cookie } = asked?.headers ?? {};
    assert.deepEqual([extra, added, hidden, cookie], ["1", "yes", undefined, undefined]);
  });

  test("its headers go on to whom they are for", async () => {
    const allowed = await call("http", { path: "/asked", headers: YES });
    const { headers } = JSON.parse(allowed.body);
    assert.deepEqual([headers["x-ext-authz-result"], headers["x-secret"]], ["allowed", undefined]);
    const denied = await call("http", { path: "/asked" });
    assert.deepEqual([denied.headers["x-ext-authz-result"], denied.headers["x-secret"]], ["denied", undefined]);
  });
});

test("two providers are each asked about what their own policies match", async () => {
  for (const [path, expected] of [
    ["/a", 1],
    ["/xb", 1],
    ["/a-b", 2],
    ["/c", 0],
  ] as const) {
    assert.equal((await call("both", { path, headers: YES })).asked, expected, path);
  }
});

test("DENY and ALLOW hold for what a provider allows, and it is asked first", async () => {
  const denied = await call("denied", { path: "/asked", method: "DELETE", headers: YES });
  assert.deepEqual([denied.status, denied.asked], [403, 1]);
  assert.equal((await call("limited", { path: "/asked/fine", headers: YES })).status, 200);
  assert.equal((await call("limited", { path: "/asked/other", headers: YES })).status, 403);
  assert.equal((await call("limited", { path: "/asked/fine" })).status, 403);
});

describe("a provider that cannot be asked", () => {
  test("denies, with the status that it is to have", async () => {
    assert.equal((await call("closed", { path: "/asked" })).status, 503);
    assert.equal((await call("closed", { path: "/other" })).status, 200);
  });

  test("allows, if it is to fail open", async () => assert.equal((await call("open", { path: "/asked" })).status, 200));
});

describe("connections", () => {
  test("are for providers that speak gRPC to judge", async () => {
    assert.equal((await call("tcp", { layer: "TCP" })).allowed, true);
    assert.equal((await call("tcp", { layer: "TCP", from: "127.0.0.2" })).allowed, false);
  });

  test("are nothing for a provider that is asked about requests", async () => {
    const { allowed, asked } = await call("httpForTcp", { layer: "TCP" });
    assert.deepEqual([allowed, asked], [true, 0]);
  });
});
