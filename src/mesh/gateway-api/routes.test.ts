import assert from "node:assert/strict";
import { test } from "node:test";
import { actionText, bookinfo, hostRows, hostsOf, http, parent, path, reasons, summary, to, world } from "./testing.ts";

test("the walk's gateway and route give a server and a host to the workload that is deployed for the Gateway", () => {
  const w = bookinfo();
  assert.deepEqual(hostsOf(w), {
    "default/bookinfo-gateway-istio|default/bookinfo-gateway|http.80|*": [
      "/productpage productpage*1",
      "/static productpage*1",
    ],
  });
  const [server] = [...(w.api.servers?.entries() ?? [])].map(([, row]) => row);
  assert.equal(server?.gateway, "default/bookinfo-gateway-istio");
  assert.deepEqual([server?.server.port, server?.server.targetPort, server?.server.hosts], [80, 80, ["*"]]);
  assert.deepEqual(reasons(w, "HTTPRoute", "default/bookinfo"), [
    "Accepted=True Accepted",
    "ResolvedRefs=True ResolvedRefs",
  ]);
});

test("the target port of the Service is where Envoy listens", () => {
  const w = bookinfo();
  w.inputs.services.set("default/bookinfo-gateway-istio", {
    metadata: { namespace: "default", name: "bookinfo-gateway-istio" },
    spec: { ports: [{ port: 80, targetPort: 8080 }] },
  });
  const [server] = [...(w.api.servers?.entries() ?? [])].map(([, row]) => row);
  assert.deepEqual([server?.targetPort, server?.server.port], [8080, 80]);
});

test("hosts are what listener and route have in common, and each request belongs to the most specific listener", () => {
  const w = world();
  w.service("default/a", 9080);
  w.gateway("default/g", [
    http("all"),
    http("wild", { hostname: "*.example.com" }),
    http("one", { hostname: "foo.example.com" }),
    http("lonely", { hostname: "bar.example.com" }),
  ]);
  w.route("default/named", { ...parent("g"), hostnames: ["foo.example.com", "x.org"], rules: [to("a")] });
  w.route("default/wide", {
    ...parent("g", { sectionName: "wild" }),
    hostnames: ["*.com"],
    rules: [{ ...path("/w"), ...to("a") }],
  });
  assert.deepEqual(hostsOf(w), {
    "default/g-istio|default/g|http.80|foo.example.com": ["/ a*1"],
    "default/g-istio|default/g|http.80|x.org": ["/ a*1"],
    "default/g-istio|default/g|http.80|*.example.com": ["/w a*1"],
    "default/g-istio|default/g|http.80|bar.example.com": [],
  });
});

test("rules of a less specific hostname apply after those of a more specific one", () => {
  const w = world();
  w.service("default/a", 9080);
  w.service("default/b", 9080);
  w.gateway("default/g", [http("all")]);
  w.route("default/exact", { ...parent("g"), hostnames: ["a.b.c"], rules: [{ ...path("/x"), ...to("a") }] });
  w.route("default/wild", { ...parent("g"), hostnames: ["*.b.c"], rules: [{ ...path("/longer/path"), ...to("b") }] });
  assert.deepEqual(hostsOf(w)["default/g-istio|default/g|http.80|a.b.c"], ["/x a*1", "/longer/path b*1"]);
});

test("matches of all routes of a host are ordered: path, method, headers, query, then age and name", () => {
  const w = world();
  w.service("default/s", 9080);
  w.gateway("default/g", [http("all")]);
  const rule = (match: object) => ({ matches: [match], ...to("s") });
  const h = (...names: string[]) => names.map((name) => ({ name, value: "v" }));
  w.route("default/z-old", { ...parent("g"), rules: [{ name: "old", ...rule({ path: { value: "/same" } }) }] });
  w.route(
    "default/a-new",
    {
      ...parent("g"),
      rules: [
        { name: "new", ...rule({ path: { value: "/same" } }) },
        { name: "regex", ...rule({ path: { type: "RegularExpression", value: "/same.*" } }) },
        { name: "prefix", ...rule({ path: { value: "/" } }) },
        { name: "query", ...rule({ path: { value: "/same" }, queryParams: h("a", "b", "c") }) },
        { name: "header", ...rule({ path: { value: "/same" }, headers: h("a") }) },
        { name: "headers", ...rule({ path: { value: "/same" }, headers: h("a", "b") }) },
        { name: "method", ...rule({ path: { value: "/same" }, method: "GET" }) },
        { name: "long", ...rule({ path: { value: "/same/longer" } }) },
        { name: "exact", ...rule({ path: { type: "Exact", value: "/s" } }) },
      ],
    },
    { creationTimestamp: "2026-01-02T00:00:00Z" },
  );
  const [row] = hostRows(w);
  const names = row?.routes.map(({ name }) => name);
  assert.deepEqual(names, ["exact", "long", "method", "headers", "header", "query", "old", "new", "prefix", "regex"]);
});

test("a backend that is not there takes its share as an error, and with no other the rule answers 500", () => {
  const w = world();
  w.service("default/a", 9080);
  w.gateway("default/g", [http("all")]);
  w.route("default/r", {
    ...parent("g"),
    rules: [
      {
        ...path("/some"),
        backendRefs: [
          { name: "a", port: 9080, weight: 3 },
          { name: "gone", port: 9080 },
        ],
      },
      { ...path("/none"), ...to("gone") },
      { ...path("/port"), ...to("a", { port: 1 }) },
      { ...path("/zero"), ...to("a", { weight: 0 }) },
      { ...path("/empty") },
    ],
  });
  const [served] = Object.values(hostsOf(w));
  assert.deepEqual(served, ["/empty 500", "/some 500", "/some a*3", "/none 500", "/port 500", "/zero 500"]);
  const shares = hostRows(w)[0]?.routes.map(({ percent }) => percent);
  assert.deepEqual(shares, [undefined, 25, undefined, undefined, undefined, undefined]);
  assert.deepEqual(reasons(w, "HTTPRoute", "default/r"), [
    "Accepted=True Accepted",
    "ResolvedRefs=False BackendNotFound",
  ]);
  w.service("default/gone", 9080);
  assert.match(Object.values(hostsOf(w))[0]?.join() ?? "", /some a\*3\+gone\*1/);
});

test("another namespace's Service needs a ReferenceGrant there", () => {
  const w = world();
  w.service("other/a", 9080);
  w.gateway("default/g", [http("all")]);
  w.route("default/r", { ...parent("g"), rules: [to("a", { namespace: "other" })] });
  assert.deepEqual(reasons(w, "HTTPRoute", "default/r")[1], "ResolvedRefs=False RefNotPermitted");
  w.grant("other", "default");
  assert.deepEqual(Object.values(hostsOf(w)), [["/ a*1"]]);
  w.grant("other", "elsewhere");
  assert.deepEqual(Object.values(hostsOf(w)), [["/ 500"]]);
});

test("filters become what the model has for them, and what is not served answers 500 and says so", () => {
  const w = world();
  w.service("default/a", 9080);
  w.gateway("default/g", [http("all")]);
  w.route("default/r", {
    ...parent("g"),
    rules: [
      {
        ...path("/1"),
        filters: [
          {
            type: "RequestHeaderModifier",
            requestHeaderModifier: { set: [{ name: "X-A", value: "1" }], remove: ["y"] },
          },
          {
            type: "URLRewrite",
            urlRewrite: { hostname: "h", path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/n" } },
          },
          {
            type: "RequestMirror",
            requestMirror: { backendRef: { name: "a", port: 9080 }, fraction: { numerator: 1, denominator: 4 } },
          },
          { type: "CORS", cors: { allowOrigins: ["https://*.foo.com", "https://a.b"] } },
        ],
        timeouts: { request: "1s", backendRequest: "500ms" },
        retry: { codes: [503], attempts: 3, backoff: "10ms" },
        ...to("a", { filters: [{ type: "URLRewrite", urlRewrite: { hostname: "b" } }] }),
      },
      { ...path("/2"), filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] },
      {
        ...path("/3"),
        ...to("a", { filters: [{ type: "RequestMirror", requestMirror: { backendRef: { name: "a", port: 9080 } } }] }),
      },
      {
        ...path("/4"),
        filters: [{ type: "ExtensionRef", extensionRef: { group: "x", kind: "K", name: "n" } }],
        ...to("a"),
      },
    ],
  });
  const [row] = hostRows(w);
  const [first, second, third, fourth] = row?.routes ?? [];
  assert.deepEqual(first?.requestHeaders, { set: { "X-A": "1" }, add: {}, remove: ["y"] });
  assert.deepEqual(first?.rewrite, { authority: "h", path: { type: "Prefix", value: "/n" } });
  assert.equal(first?.mirrors[0]?.percent, 25);
  assert.equal(first?.cors?.unmatchedPreflights, "Ignore");
  assert.deepEqual(first?.cors?.allowOrigins, [
    { type: "Regex", value: "https://.*\\.foo\\.com" },
    { type: "Exact", value: "https://a.b" },
  ]);
  assert.deepEqual([first?.timeoutMs, first?.retries?.perTryTimeoutMs, first?.retries?.attempts], [1000, 500, 3]);
  assert.deepEqual(first?.retries?.retriableStatusCodes, [503]);
  assert.equal(first?.action.type === "Forward" && first.action.destinations[0]?.hostRewrite, "b");
  assert.deepEqual(second?.action, {
    type: "Redirect",
    redirect: { scheme: "https", port: "FromProtocol", code: 301 },
  });
  assert.deepEqual(
    [third?.action, fourth?.action].map((a) => a && actionText(a)),
    ["500", "500"],
  );
  assert.deepEqual(reasons(w, "HTTPRoute", "default/r"), [
    "Accepted=False UnsupportedValue",
    "ResolvedRefs=False InvalidKind",
  ]);
});

test("one route's edit recomputes only the hosts that it names", () => {
  const w = world();
  w.service("default/s", 9080);
  w.gateway("default/g", [http("all")]);
  w.graph.batch(() => {
    for (let i = 0; i < 200; i++) {
      w.route(`default/r${i}`, { ...parent("g"), hostnames: [`h${i}.example.com`], rules: [to("s")] });
    }
  });
  const recomputed: Record<string, number> = {};
  w.graph.onPass(({ collections }) => {
    for (const { name, recomputed: count } of collections) recomputed[name] = count;
  });
  w.route("default/r7", { ...parent("g"), hostnames: ["h7.example.com"], rules: [{ ...path("/new"), ...to("s") }] });
  assert.equal(recomputed["hosts of HTTPRoutes"], 1);
  assert.equal(recomputed["rules of HTTPRoutes"], 1);
  assert.equal(recomputed["gateway api gateway rows"] ?? 0, 0);
});

test("a Gateway that names a Service is served by the gateway pods behind it", () => {
  const w = world();
  w.service("default/a", 9080);
  w.inputs.services.set("istio-system/istio-ingressgateway", {
    metadata: { namespace: "istio-system", name: "istio-ingressgateway" },
    spec: { selector: { istio: "ingressgateway" }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  w.inputs.pods.set("istio-system/p", {
    metadata: {
      namespace: "istio-system",
      name: "istio-ingressgateway-1-a",
      labels: { istio: "ingressgateway", "pod-template-hash": "1" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: "istio-ingressgateway-1", uid: "1", controller: true },
      ],
    },
    spec: { containers: [{ name: "istio-proxy" }] },
  });
  const addresses = [{ type: "Hostname", value: "istio-ingressgateway.istio-system.svc.cluster.local" }];
  w.gateway("default/g", [http("http")], { addresses });
  w.route("default/r", { ...parent("g"), rules: [to("a")] });
  const rows = hostRows(w).map((row) => [row.gateway, row.targetPort, row.domain]);
  assert.deepEqual(rows, [["istio-system/istio-ingressgateway", 8080, "*"]]);
});

test("a Service as parent: routes for its clients, the consumer's own apart, and to itself without backends", () => {
  const w = world();
  w.service("shop/a", 80, 81);
  w.service("shop/b", 80);
  const service = { group: "", kind: "Service", name: "a", namespace: "shop" };
  w.route("shop/producer", { parentRefs: [service], rules: [{ backendRefs: [{ name: "b", port: 80 }] }] });
  w.route("client/consumer", {
    parentRefs: [{ ...service, port: 80 }],
    rules: [{ filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { set: [] } }] }],
  });
  const rows = Object.fromEntries(
    w.api.meshRoutes.flatMap((of) => [...of.entries()]).map(([key, { routes }]) => [key, routes.map(summary)]),
  );
  assert.deepEqual(rows, {
    "a.shop.svc.cluster.local|80|": ["/ b*1"],
    "a.shop.svc.cluster.local|81|": ["/ b*1"],
    "a.shop.svc.cluster.local|80|client": ["/ a*1"],
  });
  w.route("shop/lost", { parentRefs: [{ ...service, port: 99 }], rules: [{}] });
  assert.equal(reasons(w, "HTTPRoute", "shop/lost")[0], "Accepted=False NoMatchingParent");
});

test("a route for the mesh's clients needs no ReferenceGrant: they may send there themselves", () => {
  const w = world();
  w.gateway("client/gateway", [http("http")]);
  w.service("shop/a", 80);
  const service = { group: "", kind: "Service", name: "a", namespace: "shop" };
  const rules = [{ backendRefs: [{ name: "a", namespace: "shop", port: 80 }] }];
  w.route("client/route", { parentRefs: [service], rules });
  assert.equal(reasons(w, "HTTPRoute", "client/route")[1], "ResolvedRefs=True ResolvedRefs");
  w.route("client/route", { parentRefs: [service, { name: "gateway" }], rules });
  assert.equal(reasons(w, "HTTPRoute", "client/route")[1], "ResolvedRefs=False RefNotPermitted");
});
