import assert from "node:assert/strict";
import { it } from "node:test";
import type { HttpMatchSpec, HttpRouteSpec } from "../kinds/istio/virtual-service-schema.ts";
import { httpRoutesOf } from "./http-routes.ts";
import type { HttpRoute } from "./model.ts";

const ORIGIN = { kind: "networking.istio.io/VirtualService", namespace: "default", name: "x" };
const HOST = "reviews.default.svc.cluster.local";

function routes(...http: HttpRouteSpec[]): HttpRoute[] {
  const row = { origin: ORIGIN, createdAt: 0, hosts: [HOST], gateways: ["mesh"], exportTo: [], http, tls: [], tcp: [] };
  const client = { namespace: "default", selectors: new Set<string>() };
  return httpRoutesOf(row, { client, port: 80, gateway: "mesh", defaultPort: () => 9080 });
}

const to = (subset: string, rest: object = {}) => ({ destination: { host: HOST, subset }, ...rest });
const rule = (fields: HttpRouteSpec): HttpRoute | undefined => routes({ route: [to("v1")], ...fields })[0];
const match = (spec: HttpMatchSpec) => rule({ match: [spec] })?.matches[0];
const NONE = { headers: [], queryParams: [] };

it("matches become conditions; what every request has is none", () => {
  assert.deepEqual(match({ uri: { exact: "/a" } }), { ...NONE, path: { type: "Exact", value: "/a" } });
  assert.deepEqual(match({ uri: { prefix: "/A" }, ignoreUriCase: true }), {
    ...NONE,
    path: { type: "Prefix", value: "/A", ignoreCase: true },
  });
  assert.deepEqual(match({ uri: { regex: "/a.*" }, method: { exact: "GET" }, scheme: { exact: "https" } }), {
    ...NONE,
    path: { type: "Regex", value: "/a.*" },
    method: { type: "Exact", value: "GET" },
    scheme: { type: "Exact", value: "https" },
  });
  assert.deepEqual(match({ authority: { prefix: "a." }, queryParams: { q: { exact: "1" }, p: {} } }), {
    headers: [],
    authority: { type: "Prefix", value: "a." },
    queryParams: [
      { name: "p", match: { type: "Present" } },
      { name: "q", match: { type: "Exact", value: "1" } },
    ],
  });
  assert.deepEqual(
    match({ headers: { b: { regex: "*" }, a: { exact: "1" } }, withoutHeaders: { c: { prefix: "x" } } }),
    {
      queryParams: [],
      headers: [
        { name: "a", match: { type: "Exact", value: "1" } },
        { name: "b", match: { type: "Present" } },
        { name: "c", match: { type: "Prefix", value: "x" }, invert: true },
      ],
    },
  );
  assert.equal(match({ uri: { prefix: "/" }, method: {} }), undefined);
});

it("headers that name claims are conditions on the token, and one is a condition though nothing else is", () => {
  assert.deepEqual(match({ headers: { "@request.auth.claims.group": { exact: "admin" } } }), {
    ...NONE,
    claims: [{ path: ["group"], match: { type: "Exact", value: "admin" } }],
  });
  assert.deepEqual(
    match({
      headers: { "x-a": { exact: "1" }, "@request.auth.claims[a][b.c]": { prefix: "x" } },
      withoutHeaders: { "@request.auth.claims[d]": {} },
    }),
    {
      queryParams: [],
      headers: [{ name: "x-a", match: { type: "Exact", value: "1" } }],
      claims: [
        { path: ["a", "b.c"], match: { type: "Prefix", value: "x" } },
        { path: ["d"], match: { type: "Present" }, invert: true },
      ],
    },
  );
});

it("what follows a rule for every request is left out", () => {
  const found = routes({ name: "a", route: [to("v1")] }, { name: "b", route: [to("v2")] });
  assert.deepEqual(
    found.map(({ name }) => name),
    ["a"],
  );
});

it("a match with a name or a statPrefix is a route of its own", () => {
  const found = routes({
    name: "r",
    match: [
      { name: "one", uri: { prefix: "/1" } },
      { uri: { prefix: "/2" }, statPrefix: "two" },
    ],
    route: [to("v1")],
  });
  assert.deepEqual(
    found.map(({ name, statPrefix }) => [name, statPrefix]),
    [
      ["r.one", undefined],
      ["r", "two"],
    ],
  );
});

it("destinations keep their weights, but those of 0 go, and ports are the service's unless named", () => {
  const action = rule({ route: [to("v1", { weight: 80 }), to("v2", { weight: 20 }), to("v3", { weight: 0 })] })?.action;
  const base = { host: HOST, port: 9080 };
  assert.deepEqual(action, {
    type: "Forward",
    destinations: [
      { ...base, subset: "v1", weight: 80 },
      { ...base, subset: "v2", weight: 20 },
    ],
  });
  const named = rule({ route: [{ destination: { host: HOST, port: { number: 1 } } }] })?.action;
  assert.deepEqual(named, { type: "Forward", destinations: [{ host: HOST, port: 1, subset: "", weight: 1 }] });
});

it("setting the authority is a rewrite, of the rule or of one destination", () => {
  const found = rule({
    headers: { request: { set: { Host: "a", x: "1" }, remove: ["y"] }, response: { add: { z: "2" } } },
    route: [to("v1", { headers: { request: { set: { ":authority": "b" } } } })],
  });
  assert.deepEqual(found?.rewrite, { authority: "a" });
  assert.deepEqual(found?.requestHeaders, { set: { x: "1" }, add: {}, remove: ["y"] });
  assert.deepEqual(found?.responseHeaders, { set: {}, add: { z: "2" }, remove: [] });
  const destination = { host: HOST, port: 9080, subset: "v1", weight: 1, hostRewrite: "b" };
  assert.deepEqual(found?.action, { type: "Forward", destinations: [destination] });
});

it("rewrites replace the prefix or what an expression matches", () => {
  assert.deepEqual(rule({ rewrite: { uri: "/x", authority: "a" } })?.rewrite, {
    authority: "a",
    path: { type: "Prefix", value: "/x" },
  });
  assert.deepEqual(rule({ rewrite: { uriRegexRewrite: { match: "a", rewrite: "b" } } })?.rewrite, {
    path: { type: "Regex", match: "a", substitution: "b" },
  });
});

it("redirects and direct responses", () => {
  const redirect = (spec: NonNullable<HttpRouteSpec["redirect"]>) => {
    const action = routes({ redirect: spec })[0]?.action;
    return action?.type === "Redirect" ? action.redirect : undefined;
  };
  assert.deepEqual(redirect({ uri: "/v2", authority: "a" }), {
    authority: "a",
    path: { type: "Full", value: "/v2" },
    code: 301,
  });
  assert.deepEqual(
    redirect({ prefixRewrite: "/p", scheme: "https", derivePort: "FROM_REQUEST_PORT", redirectCode: 308 }),
    {
      scheme: "https",
      port: "FromRequest",
      path: { type: "Prefix", value: "/p" },
      code: 308,
    },
  );
  const bytes = Buffer.from("hi").toString("base64");
  assert.deepEqual(routes({ directResponse: { status: 418, body: { bytes } } })[0]?.action, {
    type: "DirectResponse",
    response: { status: 418, body: new Uint8Array([104, 105]) },
  });
});

it("timeouts, retries, faults, mirrors and CORS", () => {
  const found = rule({
    timeout: "0.5s",
    retries: {
      attempts: 3,
      perTryTimeout: "2s",
      retryOn: "5xx, 503,reset",
      backoff: "25ms",
      retryIgnorePreviousHosts: false,
    },
    fault: {
      delay: { fixedDelay: "7s", percentage: { value: 0.1 } },
      abort: { grpcStatus: "UNAVAILABLE", percentage: { value: 100 } },
    },
    mirror: { host: HOST, subset: "v2" },
    mirrorPercentage: { value: 50 },
    corsPolicy: { allowOrigins: [{ exact: "a" }], allowMethods: ["GET"], maxAge: "24h", unmatchedPreflights: "IGNORE" },
  });
  assert.equal(found?.timeoutMs, 500);
  assert.deepEqual(found?.retries, {
    attempts: 3,
    perTryTimeoutMs: 2000,
    on: ["5xx", "reset", "retriable-status-codes"],
    retriableStatusCodes: [503],
    backoffMs: 25,
    ignorePreviousHosts: false,
  });
  assert.deepEqual(found?.fault, {
    delay: { fixedMs: 7000, percent: 0.1 },
    abort: { percent: 100, grpcStatus: 14 },
  });
  assert.deepEqual(found?.mirrors, [{ destination: { host: HOST, port: 9080, subset: "v2", weight: 1 }, percent: 50 }]);
  assert.deepEqual(found?.cors, {
    allowOrigins: [{ type: "Exact", value: "a" }],
    allowMethods: ["GET"],
    allowHeaders: [],
    exposeHeaders: [],
    maxAgeSeconds: 86400,
    unmatchedPreflights: "Ignore",
  });
  assert.equal(rule({ fault: { abort: { httpStatus: 500 } } })?.fault, undefined);
  assert.equal(rule({ timeout: "0s" })?.timeoutMs, 0);
});
