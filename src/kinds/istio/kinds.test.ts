import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { parse } from "yaml";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { istioKinds } from "./index.ts";

function kindNamed(name: string): Kind {
  const kind = istioKinds.find(({ type }) => type.kind === name);
  assert.ok(kind, name);
  return kind;
}

/** What is said of a spec, given as YAML. */
function found(check: "validate" | "warn", kind: string, spec: string, name = "x"): string[] {
  const { type, schema, ...rest } = kindNamed(kind);
  const metadata = { name, namespace: "default" };
  const object: KubeObject = { apiVersion: `${type.group}/${type.version}`, kind, metadata, spec: parse(spec) };
  const problems: Problem[] = rest[check]?.(object) ?? [];
  if (check === "validate" && problems.length === 0) assert.ok(Check(schema, object), `${kind}: ${spec}`);
  return problems.map(({ field, code }) => `${field} ${code}`);
}

const refused = (kind: string, spec: string): string[] => found("validate", kind, spec);

const route = "route: [{destination: {host: reviews}}]";
const rule = (http: string): string => `{hosts: [reviews], http: [{${http}}]}`;

describe("a VirtualService", () => {
  const good = [
    rule(route),
    "{hosts: ['*'], gateways: [bookinfo-gateway], http: [{match: [{uri: {exact: /productpage}}, {uri: {prefix: /static}}], route: [{destination: {host: productpage, port: {number: 9080}}}]}]}",
    rule(
      "route: [{destination: {host: reviews, subset: v1}, weight: 80}, {destination: {host: reviews, subset: v2}, weight: 20}]",
    ),
    rule(
      `match: [{headers: {end-user: {exact: jason}}}], fault: {delay: {percentage: {value: 100}, fixedDelay: 7s}}, ${route}`,
    ),
    rule(`fault: {abort: {httpStatus: 500, percentage: {value: 100}}}, ${route}`),
    rule(
      `fault: {abort: {grpcStatus: UNAVAILABLE, percentage: {value: 0.1}}}, timeout: 0.5s, retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx,503,connect-failure"}, ${route}`,
    ),
    rule("redirect: {uri: /v2, redirectCode: 302}"),
    rule("directResponse: {status: 503, body: {string: no}}"),
    rule(`rewrite: {uriRegexRewrite: {match: "^/a/(.*)$", rewrite: '/\\1'}}, ${route}`),
    rule(`match: [{uri: {regex: "(?i)/a[[:digit:]]+(?P<n>x)?"}, withoutHeaders: {x: {}}}], ${route}`),
    rule(
      `headers: {request: {set: {Host: a, x-b: c}, remove: [d]}}, corsPolicy: {allowOrigins: [{exact: 'https://a.com'}], allowMethods: [GET], maxAge: 24h}, ${route}`,
    ),
    rule(`mirror: {host: reviews, subset: v2}, mirrorPercentage: {value: 50}, ${route}`),
    "{http: [{route: [{destination: {host: reviews.default.svc.cluster.local}}]}]}",
    "{hosts: [a.com], http: [{match: [{uri: {prefix: /x}}], delegate: {name: leaf}}]}",
    "{hosts: [a.com], tls: [{match: [{port: 443, sniHosts: [a.com]}], route: [{destination: {host: a.com}}]}]}",
    "{hosts: [db], tcp: [{match: [{port: 27017}], route: [{destination: {host: mongo.prod.svc.cluster.local, port: {number: 5555}}}]}]}",
  ];
  for (const spec of good) it(`may say ${spec}`, () => assert.deepEqual(refused("VirtualService", spec), []));

  const bad: [string, string[]][] = [
    ["{hosts: [reviews]}", ["spec LTN2002"]],
    [`{hosts: ['*'], http: [{${route}}]}`, ["spec.hosts[0] LTN2001"]],
    [`{hosts: ['a.*.com'], http: [{${route}}]}`, ["spec.hosts[0] LTN2001"]],
    [`{hosts: ['*.a.com', x.a.com], http: [{${route}}]}`, ["spec.hosts[1] LTN2004"]],
    [`{hosts: ['http://a.com', 'a.com:80'], http: [{${route}}]}`, ["spec.hosts[0] LTN2001", "spec.hosts[1] LTN2001"]],
    [`{gateways: [a], http: [{${route}}]}`, ["spec.gateways LTN2003"]],
    [`{hosts: [a], gateways: ['a/b/c'], http: [{${route}}]}`, ["spec.gateways[0] LTN2001"]],
    [`{hosts: [a], exportTo: [x, '*'], http: [{${route}}]}`, ["spec.exportTo LTN2003"]],
    [rule("match: [{uri: {prefix: /}}]"), ["spec.http[0] LTN2002"]],
    [rule("route: [{destination: {host: ''}}]"), ["spec.http[0].route[0].destination.host LTN2001"]],
    [
      rule("route: [{destination: {host: a, port: {number: 70000}}}]"),
      ["spec.http[0].route[0].destination.port.number LTN2001"],
    ],
    [rule("route: [{destination: {host: a}, weight: -1}]"), ["spec.http[0].route[0].weight LTN2001"]],
    [rule("route: [{destination: {host: a}}, {destination: {host: b}}]"), ["spec.http[0].route LTN2001"]],
    [rule("route: [{destination: {host: a, subset: 'v 1'}}]"), ["spec.http[0].route[0].destination.subset LTN2001"]],
    [rule(`${route}, redirect: {uri: /x}`), ["spec.http[0].redirect LTN2003"]],
    [rule("redirect: {}"), ["spec.http[0].redirect LTN2002"]],
    [rule("redirect: {uri: /x, redirectCode: 304}"), ["spec.http[0].redirect.redirectCode LTN2001"]],
    [rule("directResponse: {status: 200}, fault: {abort: {httpStatus: 500}}"), ["spec.http[0].fault LTN2003"]],
    [rule(`${route}, timeout: 5`), ["spec.http[0].timeout LTN2000"]],
    [rule(`${route}, timeout: soon`), ["spec.http[0].timeout LTN2001"]],
    [rule(`${route}, timeout: 1us`), ["spec.http[0].timeout LTN2001"]],
    [rule(`${route}, retries: {attempts: -1}`), ["spec.http[0].retries.attempts LTN2001"]],
    [rule(`${route}, retries: {attempts: 1, retryOn: often}`), ["spec.http[0].retries.retryOn LTN2001"]],
    [rule(`${route}, fault: {}`), ["spec.http[0].fault LTN2002"]],
    [
      rule(`${route}, fault: {delay: {percentage: {value: 101}, fixedDelay: 1s}}`),
      ["spec.http[0].fault.delay.percentage.value LTN2001"],
    ],
    [rule(`${route}, fault: {abort: {grpcStatus: SAD}}`), ["spec.http[0].fault.abort.grpcStatus LTN2001"]],
    [rule(`${route}, match: [{uri: {regex: 'a(?=b)'}}]`), ["spec.http[0].match[0].uri.regex LTN2001"]],
    [rule(`${route}, match: [{uri: {exact: a, prefix: b}}]`), ["spec.http[0].match[0].uri LTN2003"]],
    [rule(`${route}, match: [{method: {prefix: ''}}]`), ["spec.http[0].match[0].method.prefix LTN2001"]],
    [rule(`${route}, match: [{headers: {'x y': {exact: a}}}]`), ["spec.http[0].match[0].headers[x y] LTN2001"]],
    [
      rule(`${route}, match: [{port: 70000, sourceNamespace: A_B}]`),
      ["spec.http[0].match[0].port LTN2001", "spec.http[0].match[0].sourceNamespace LTN2001"],
    ],
    [rule(`${route}, headers: {response: {set: {Host: a}}}`), ["spec.http[0].headers.response.set[Host] LTN2001"]],
    [rule(`${route}, rewrite: {authority: a}, headers: {request: {set: {Host: a}}}`), ["spec.http[0].rewrite LTN2003"]],
    [rule(`${route}, rewrite: {}`), ["spec.http[0].rewrite LTN2002"]],
    [rule(`${route}, mirror: {host: a}, mirrors: [{destination: {host: b}}]`), ["spec.http[0].mirrors LTN2003"]],
    [rule(`${route}, delegate: {name: x}`), ["spec.http[0].route LTN2003"]],
    [
      rule(`${route}, corsPolicy: {allowMethods: [get], allowOrigins: [{regex: '['}]}`),
      ["spec.http[0].corsPolicy.allowOrigins[0].regex LTN2001", "spec.http[0].corsPolicy.allowMethods[0] LTN2001"],
    ],
    [
      "{hosts: [a.com], tls: [{match: [{sniHosts: [b.com]}], route: [{destination: {host: a.com}}]}]}",
      ["spec.tls[0].match[0].sniHosts[0] LTN2001"],
    ],
    [
      "{hosts: [a.com], tcp: [{match: [{destinationSubnets: [10.0.0.0/99]}]}]}",
      ["spec.tcp[0].match[0].destinationSubnets[0] LTN2001", "spec.tcp[0].route LTN2002"],
    ],
  ];
  for (const [spec, problems] of bad)
    it(`may not say ${spec}`, () => assert.deepEqual(refused("VirtualService", spec), problems));

  it("is warned about rules that are never reached, odd weights, and faults for nobody", () => {
    const spec = `{hosts: [reviews], http: [{${route}}, {match: [{uri: {prefix: /x}}], ${route}}]}`;
    assert.deepEqual(found("warn", "VirtualService", spec), ["spec.http[1] IST0130"]);
    const twice = `{hosts: [a], http: [{match: [{uri: {prefix: /x}}], ${route}}, {match: [{uri: {prefix: /x}}], ${route}}]}`;
    assert.deepEqual(found("warn", "VirtualService", twice), ["spec.http[1].match[0] IST0131", "spec.http[1] IST0130"]);
    const below = `{hosts: [a], http: [{match: [{uri: {prefix: /x}}], ${route}}, {match: [{uri: {exact: /x/y}}, {uri: {exact: /z}}], ${route}}]}`;
    assert.deepEqual(found("warn", "VirtualService", below), ["spec.http[1].match[0] IST0131"]);
    const narrower = `{hosts: [a], http: [{match: [{uri: {prefix: /x}, port: 80}], ${route}}, {match: [{uri: {prefix: /x/y}}], ${route}}]}`;
    assert.deepEqual(found("warn", "VirtualService", narrower), []);
    const handsOn = `{hosts: [a], http: [{match: [{uri: {prefix: /x}}], delegate: {name: b}}, {match: [{uri: {prefix: /x}}], ${route}}]}`;
    assert.deepEqual(found("warn", "VirtualService", handsOn), []);
    const sni = `{match: [{sniHosts: [a.com]}], ${route}}`;
    assert.deepEqual(found("warn", "VirtualService", `{hosts: [a.com], tls: [${sni}, ${sni}]}`), [
      "spec.tls[1].match[0] IST0131",
      "spec.tls[1] IST0130",
    ]);
    const weights = rule("route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 3}]");
    assert.deepEqual(found("warn", "VirtualService", weights), ["spec.http[0].route LTN2006"]);
    assert.deepEqual(found("warn", "VirtualService", rule(`${route}, fault: {abort: {httpStatus: 500}}`)), [
      "spec.http[0].fault.abort LTN2006",
    ]);
    assert.deepEqual(found("warn", "VirtualService", rule(route)), []);
  });
});

describe("the other kinds", () => {
  const policy = (text: string): string => `{host: reviews, trafficPolicy: {${text}}}`;
  const server = (text: string): string => `{selector: {istio: ingressgateway}, servers: [{${text}}]}`;
  const http = "port: {number: 80, name: http, protocol: HTTP}";
  const https = "port: {number: 443, name: https, protocol: HTTPS}";
  const entry = (text: string): string =>
    `{hosts: [a.com], ports: [{number: 80, name: http, protocol: HTTP}], ${text}}`;

  const cases: [string, string, string[]][] = [
    ["DestinationRule", "{host: reviews, subsets: [{name: v1, labels: {version: v1}}]}", []],
    [
      "DestinationRule",
      policy(
        "loadBalancer: {consistentHash: {httpCookie: {name: user, ttl: 0s}}}, connectionPool: {tcp: {maxConnections: 100, connectTimeout: 30ms}, http: {http2MaxRequests: 1000}}, outlierDetection: {consecutive5xxErrors: 7, interval: 5m, baseEjectionTime: 15m}",
      ),
      [],
    ],
    [
      "DestinationRule",
      policy(
        "tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: ROUND_ROBIN}}]",
      ),
      [],
    ],
    ["DestinationRule", "{host: ''}", ["spec.host LTN2001"]],
    ["DestinationRule", "{subsets: []}", ["spec LTN2000"]],
    ["DestinationRule", "{host: a, trafficPolicy: {}}", ["spec.trafficPolicy LTN2002"]],
    [
      "DestinationRule",
      "{host: a, subsets: [{name: v1}, {name: v1}, {name: ''}]}",
      ["spec.subsets[1].name LTN2004", "spec.subsets[2].name LTN2002"],
    ],
    [
      "DestinationRule",
      "{host: a, subsets: [{name: v1, labels: {version: 'v*'}}]}",
      ["spec.subsets[0].labels[version] LTN2001"],
    ],
    ["DestinationRule", policy("loadBalancer: {simple: FASTEST}"), ["spec.trafficPolicy.loadBalancer.simple LTN2000"]],
    [
      "DestinationRule",
      policy("loadBalancer: {consistentHash: {}}"),
      ["spec.trafficPolicy.loadBalancer.consistentHash LTN2002"],
    ],
    [
      "DestinationRule",
      policy("loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 100}}}"),
      ["spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize LTN2001"],
    ],
    [
      "DestinationRule",
      policy("connectionPool: {tcp: {maxConnections: -1, connectTimeout: x}}"),
      [
        "spec.trafficPolicy.connectionPool.tcp.maxConnections LTN2001",
        "spec.trafficPolicy.connectionPool.tcp.connectTimeout LTN2001",
      ],
    ],
    [
      "DestinationRule",
      policy("outlierDetection: {maxEjectionPercent: 101}"),
      ["spec.trafficPolicy.outlierDetection.maxEjectionPercent LTN2001"],
    ],
    [
      "DestinationRule",
      policy("tls: {mode: MUTUAL}"),
      ["spec.trafficPolicy.tls.clientCertificate LTN2002", "spec.trafficPolicy.tls.privateKey LTN2002"],
    ],
    [
      "DestinationRule",
      policy("portLevelSettings: [{port: {number: 80}}]"),
      ["spec.trafficPolicy.portLevelSettings[0] LTN2002"],
    ],
    [
      "DestinationRule",
      "{host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: ['*']}",
      ["spec.exportTo LTN2003"],
    ],
    ["Gateway", server(`${http}, hosts: ['*']`), []],
    ["Gateway", server(`${https}, hosts: [./a.com, ns/*.b.com], tls: {mode: SIMPLE, credentialName: c}`), []],
    ["Gateway", server(`${http}, hosts: [a.com], tls: {httpsRedirect: true}`), []],
    ["Gateway", "{selector: {a: b}}", ["spec.servers LTN2002"]],
    ["Gateway", server(`${http}, hosts: []`), ["spec.servers[0].hosts LTN2002"]],
    [
      "Gateway",
      server(`${http}, hosts: [a/b/c, 'a b.com']`),
      ["spec.servers[0].hosts[0] LTN2001", "spec.servers[0].hosts[1] LTN2001"],
    ],
    [
      "Gateway",
      server("port: {number: 0, name: '', protocol: SPDY}, hosts: ['*']"),
      [
        "spec.servers[0].port.number LTN2001",
        "spec.servers[0].port.protocol LTN2001",
        "spec.servers[0].port.name LTN2002",
      ],
    ],
    ["Gateway", server(`${https}, hosts: ['*']`), ["spec.servers[0].tls LTN2002"]],
    [
      "Gateway",
      server(`${http}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: c}`),
      ["spec.servers[0].tls LTN2003"],
    ],
    [
      "Gateway",
      server(`${https}, hosts: ['*'], tls: {mode: MUTUAL, serverCertificate: a, privateKey: b}`),
      ["spec.servers[0].tls.caCertificates LTN2002"],
    ],
    [
      "Gateway",
      server(`${https}, hosts: ['*'], tls: {mode: MUTUAL, credentialName: c, verifyCertificateSpki: [x]}`),
      ["spec.servers[0].tls.verifyCertificateSpki[0] LTN2001"],
    ],
    [
      "Gateway",
      server(`${https}, hosts: ['*'], tls: {mode: MUTUAL, credentialName: c, verifyCertificateHash: ['12:34']}`),
      ["spec.servers[0].tls.verifyCertificateHash[0] LTN2001"],
    ],
    [
      "Gateway",
      `{servers: [{${http}, hosts: [a.com]}, {${http}, hosts: [b.com]}]}`,
      ["spec.servers[1].port.name LTN2004"],
    ],
    ["ServiceEntry", entry("resolution: DNS"), []],
    ["ServiceEntry", entry("resolution: STATIC, endpoints: [{address: 192.0.2.1, ports: {http: 8080}}]"), []],
    ["ServiceEntry", "{hosts: ['*']}", ["spec.hosts[0] LTN2001"]],
    ["ServiceEntry", "{hosts: ['*.a.com'], resolution: DNS}", ["spec.hosts[0] LTN2001"]],
    ["ServiceEntry", "{hosts: []}", ["spec.hosts LTN2000"]],
    ["ServiceEntry", entry("endpoints: [{address: 1.2.3.4}]"), ["spec.endpoints LTN2003"]],
    [
      "ServiceEntry",
      entry("resolution: STATIC, endpoints: [{address: b.com, ports: {web: 1}}]"),
      ["spec.endpoints[0].address LTN2001", "spec.endpoints[0].ports[web] LTN2001"],
    ],
    [
      "ServiceEntry",
      entry("resolution: DNS, addresses: [10.0.0.0/8, x]"),
      ["spec.addresses[1] LTN2001", "spec.addresses LTN2003"],
    ],
    [
      "ServiceEntry",
      "{hosts: [a.com, b.com], resolution: DNS, ports: [{number: 1, name: tcp, protocol: TCP}]}",
      ["spec.hosts LTN2003"],
    ],
    [
      "ServiceEntry",
      "{hosts: [a.com], ports: [{number: 1, name: a}, {number: 1, name: a}]}",
      ["spec.ports[1].name LTN2004", "spec.ports[1].number LTN2004"],
    ],
    ["WorkloadEntry", "{address: 10.0.0.1, labels: {app: a}}", []],
    ["WorkloadEntry", "{labels: {app: a}}", ["spec.address LTN2002"]],
    ["WorkloadGroup", "{template: {ports: {http: 80}}, probe: {httpGet: {port: 80}}}", []],
    ["Sidecar", "{egress: [{hosts: ['./*', 'istio-system/*']}]}", []],
    ["Sidecar", "{egress: [{hosts: [a.com]}]}", ["spec.egress[0].hosts[0] LTN2001"]],
    ["EnvoyFilter", "{configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE, value: {lb_policy: RANDOM}}}]}", []],
    [
      "EnvoyFilter",
      "{configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE}}]}",
      ["spec.configPatches[0].patch.value LTN2002"],
    ],
    ["ProxyConfig", "{concurrency: 2}", []],
    ["PeerAuthentication", "{mtls: {mode: STRICT}}", []],
    ["PeerAuthentication", "{portLevelMtls: {'80': {mode: DISABLE}}}", ["spec.selector LTN2002"]],
    ["RequestAuthentication", "{jwtRules: [{issuer: a, jwksUri: 'https://a.com/keys'}]}", []],
    [
      "RequestAuthentication",
      "{jwtRules: [{jwks: nonsense}]}",
      ["spec.jwtRules[0].issuer LTN2002", "spec.jwtRules[0].jwks LTN2001"],
    ],
    [
      "AuthorizationPolicy",
      "{action: DENY, rules: [{from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [GET], paths: ['/a/{*}']}}], when: [{key: 'request.headers[x]', values: [a]}]}]}",
      [],
    ],
    [
      "AuthorizationPolicy",
      "{rules: [{from: [{source: {ipBlocks: [x]}}], when: [{key: mood}]}]}",
      [
        "spec.rules[0].from[0].source.ipBlocks[0] LTN2001",
        "spec.rules[0].when[0].key LTN2001",
        "spec.rules[0].when[0] LTN2002",
      ],
    ],
    ["Telemetry", "{tracing: [{randomSamplingPercentage: 10, customTags: {a: {literal: {value: b}}}}]}", []],
    ["WasmPlugin", "{url: 'oci://a/b', phase: AUTHN}", []],
    ["WasmPlugin", "{url: 'ftp://a/b'}", ["spec.url LTN2001"]],
  ];
  for (const [kind, spec, problems] of cases) {
    it(`${kind} ${problems.length === 0 ? "may" : "may not"} say ${spec}`, () =>
      assert.deepEqual(refused(kind, spec), problems));
  }

  it("have unique names and at least a description each", () => {
    const names = istioKinds.flatMap(({ type, shortNames = [] }) => [type.plural, ...shortNames]);
    assert.equal(new Set(names).size, names.length);
    assert.equal(istioKinds.length, 14);
    for (const { description, status, categories } of istioKinds)
      assert.ok(description && status && categories?.length === 2);
  });
});

it("no input makes a check throw", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 5 }, fc.constantFrom(null, 0, -1, "", "*", "a.com", true), tie("list"), tie("map")),
    list: fc.array(tie("any"), { maxLength: 2 }),
    map: fc.dictionary(
      fc.constantFrom("hosts", "http", "route", "match", "uri", "servers", "port", "tls", "subsets", "rules", "host"),
      tie("any"),
      { maxKeys: 4 },
    ),
  })).map;
  fc.assert(
    fc.property(value, fc.constantFrom(...istioKinds), (spec, kind) => {
      const object = { apiVersion: "v1", kind: kind.type.kind, metadata: { name: "x" }, spec };
      kind.validate?.(object);
      kind.warn?.(object);
    }),
    { numRuns: 300 },
  );
});
