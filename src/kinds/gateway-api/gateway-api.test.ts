import assert from "node:assert/strict";
import { test } from "node:test";
import { Check } from "typebox/schema";
import { gatewayKind } from "./gateway.ts";
import { grpcRouteKind } from "./grpc-route.ts";
import { type HttpRouteRule, httpRouteKind } from "./http-route.ts";
import { gatewayApiKinds } from "./index.ts";

const route = (...rules: HttpRouteRule[]) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { namespace: "default", name: "bookinfo" },
  spec: { parentRefs: [{ name: "gateway" }], rules },
});

type Listener = (typeof gatewayKind extends { validate?(object: infer T): unknown }
  ? T
  : never)["spec"]["listeners"][0];

const gateway = (...listeners: Listener[]) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { namespace: "default", name: "gateway" },
  spec: { gatewayClassName: "istio", listeners },
});

const fieldsOf = (problems: { field: string }[] | undefined): string[] => (problems ?? []).map(({ field }) => field);

test("every schema admits an object of its kind, and no nonsense", () => {
  for (const kind of gatewayApiKinds) assert.equal(Check(kind.schema, { spec: "nonsense" }), false, kind.type.kind);
  assert.equal(Check(httpRouteKind.schema, route({ backendRefs: [{ name: "reviews", port: 9080 }] })), true);
  assert.equal(Check(httpRouteKind.schema, route({ backendRefs: [{ name: "reviews", port: 0 }] })), false);
});

test("an HTTPRoute gets the defaults of its CRD, and nothing else", () => {
  const before = route({
    matches: [{ headers: [{ name: "end-user", value: "jason" }] }],
    backendRefs: [{ name: "a" }],
  });
  const after = httpRouteKind.defaults?.(before);
  assert.deepEqual(after?.spec, {
    parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "gateway" }],
    rules: [
      {
        matches: [
          {
            path: { type: "PathPrefix", value: "/" },
            headers: [{ type: "Exact", name: "end-user", value: "jason" }],
          },
        ],
        backendRefs: [{ group: "", kind: "Service", name: "a", weight: 1 }],
      },
    ],
  });
  assert.equal(httpRouteKind.defaults?.(after ?? before), after, "a second time changes nothing");
});

test("a Gateway's listener admits routes of its own namespace unless it says otherwise", () => {
  const { spec } = gatewayKind.defaults?.(gateway({ name: "http", port: 80, protocol: "HTTP" })) ?? gateway();
  assert.deepEqual(spec.listeners[0]?.allowedRoutes, { namespaces: { from: "Same" } });
});

const ok = { backendRefs: [{ name: "reviews", port: 9080 }] };
const rewrite = {
  type: "URLRewrite",
  urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
} as const;
const redirect = { type: "RequestRedirect", requestRedirect: { scheme: "https" } } as const;

const HTTP_RULES: [string, HttpRouteRule, string[]][] = [
  ["a plain rule", ok, []],
  ["a backend without port", { backendRefs: [{ name: "reviews" }] }, ["spec.rules[0].backendRefs[0].port"]],
  ["a redirect with backends", { ...ok, filters: [redirect] }, ["spec.rules[0].backendRefs"]],
  [
    "a redirect with a rewrite",
    { filters: [redirect, { type: "URLRewrite", urlRewrite: {} }] },
    ["spec.rules[0].filters[0]"],
  ],
  [
    "a filter with the wrong field",
    { ...ok, filters: [{ type: "CORS", urlRewrite: {} }] },
    ["spec.rules[0].filters[0].cors", "spec.rules[0].filters[0].urlRewrite"],
  ],
  [
    "a prefix replaced under two matches",
    { ...ok, filters: [rewrite], matches: [{ path: { value: "/a" } }, { path: { value: "/b" } }] },
    ["spec.rules[0].filters[0].urlRewrite.path.replacePrefixMatch"],
  ],
  [
    "a path that is not normal",
    { ...ok, matches: [{ path: { value: "/a//b" } }] },
    ["spec.rules[0].matches[0].path.value"],
  ],
  ["a regular expression as path", { ...ok, matches: [{ path: { type: "RegularExpression", value: "a//b" } }] }, []],
  [
    "a backend timeout above the request's",
    { ...ok, timeouts: { request: "1s", backendRequest: "1500ms" } },
    ["spec.rules[0].timeouts.backendRequest"],
  ],
  [
    "two mirror shares",
    {
      ...ok,
      filters: [
        {
          type: "RequestMirror",
          requestMirror: { backendRef: { name: "b", port: 1 }, percent: 1, fraction: { numerator: 1 } },
        },
      ],
    },
    ["spec.rules[0].filters[0].requestMirror"],
  ],
];

for (const [what, rule, fields] of HTTP_RULES) {
  test(`HTTPRoute: ${what} is ${fields.length === 0 ? "accepted" : "refused at the field"}`, () => {
    assert.deepEqual(fieldsOf(httpRouteKind.validate?.(route(rule))), fields);
  });
}

test("two references to one parent need distinct section names", () => {
  const twice = { ...route(ok), spec: { rules: [ok], parentRefs: [{ name: "a" }, { name: "a", sectionName: "x" }] } };
  assert.deepEqual(fieldsOf(httpRouteKind.validate?.(twice)), ["spec.parentRefs[0].sectionName"]);
  const same = { ...route(ok), spec: { rules: [ok], parentRefs: [{ name: "a" }, { name: "a" }] } };
  assert.deepEqual(fieldsOf(httpRouteKind.validate?.(same)), ["spec.parentRefs[1]"]);
});

test("weights that are all 0 bring a warning", () => {
  const rule = { backendRefs: [{ name: "reviews", port: 9080, weight: 0 }] };
  assert.deepEqual(fieldsOf(httpRouteKind.warn?.(route(rule))), ["spec.rules[0].backendRefs"]);
});

const LISTENERS: [string, Listener[], string[]][] = [
  ["tls on HTTP", [{ name: "a", port: 80, protocol: "HTTP", tls: { options: { a: "b" } } }], ["spec.listeners[0].tls"]],
  ["TLS without tls", [{ name: "a", port: 443, protocol: "TLS" }], ["spec.listeners[0].tls"]],
  [
    "TLS ended without certificate",
    [{ name: "a", port: 443, protocol: "HTTPS", tls: {} }],
    ["spec.listeners[0].tls.certificateRefs"],
  ],
  ["a hostname on TCP", [{ name: "a", port: 1, protocol: "TCP", hostname: "a.b" }], ["spec.listeners[0].hostname"]],
  [
    "two listeners in one place",
    [
      { name: "a", port: 80, protocol: "HTTP" },
      { name: "b", port: 80, protocol: "HTTP" },
    ],
    ["spec.listeners[1]"],
  ],
];

for (const [what, listeners, fields] of LISTENERS) {
  test(`Gateway: ${what} is refused at the field`, () => {
    assert.deepEqual(fieldsOf(gatewayKind.validate?.(gateway(...listeners))), fields);
  });
}

test("GRPCRoute: a method match needs a service or a method, in valid characters", () => {
  const grpc = (method: object) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GRPCRoute",
    metadata: { namespace: "default", name: "r" },
    spec: { rules: [{ matches: [{ method }] }] },
  });
  assert.deepEqual(fieldsOf(grpcRouteKind.validate?.(grpc({}))), ["spec.rules[0].matches[0].method"]);
  assert.deepEqual(fieldsOf(grpcRouteKind.validate?.(grpc({ service: "a.B", method: "C" }))), []);
  assert.deepEqual(fieldsOf(grpcRouteKind.validate?.(grpc({ service: "a/B" }))), [
    "spec.rules[0].matches[0].method.service",
  ]);
});
