/** Tokens, good and bad, before a real Envoy with the filters that RequestAuthentications give it. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import { after, before, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { address } from "../../src/envoy/addresses.ts";
import { json } from "../../src/envoy/json.ts";
import { httpConnectionManager } from "../../src/envoy/listeners/http-connection-manager.ts";
import { outboundClusterName } from "../../src/envoy/names.ts";
import { staticRouteConfiguration } from "../../src/envoy/route-configs.ts";
import { httpRoutes } from "../../src/envoy/routes.ts";
import { virtualHost } from "../../src/envoy/virtual-hosts.ts";
import type { ClaimMatch, HttpMatch, HttpRoute } from "../../src/mesh/model.ts";
import type { TokenIssuer } from "../../src/mesh/security/request-authentication.ts";
import { secondsFromNow, testIssuer, unsigned } from "../support/tokens.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "./running-envoy.ts";

const acme = testIssuer("https://acme.example.com");
const globex = testIssuer("https://globex.example.com", "ES256");
const pss = testIssuer("https://pss.example.com", "PS256");
const edwards = testIssuer("https://edwards.example.com", "EdDSA");
const keyless = testIssuer("https://keyless.example.com");
const stranger = testIssuer("https://acme.example.com");

/** One listener of a gateway for each set of issuers. */
const listeners = {
  plain: [rule({ issuer: acme.issuer, jwks: acme.jwks })],
  audience: [rule({ issuer: acme.issuer, jwks: acme.jwks, audiences: ["shop", "bank"] })],
  places: [
    rule({
      issuer: acme.issuer,
      jwks: acme.jwks,
      headers: [{ name: "x-token", prefix: "Token " }],
      params: ["jwt"],
      cookies: ["session"],
    }),
  ],
  forwarding: [rule({ issuer: acme.issuer, jwks: acme.jwks, forward: true })],
  several: [acme, globex, pss, edwards].map(({ issuer, jwks }) => rule({ issuer, jwks })),
  keyless: [rule({ issuer: acme.issuer, jwks: acme.jwks }), rule({ issuer: keyless.issuer, jwks: "" })],
  anyIssuer: [rule({ issuer: "", jwks: acme.jwks })],
  headers: [
    rule({
      issuer: acme.issuer,
      jwks: acme.jwks,
      payloadHeader: "x-payload",
      claimHeaders: [
        { header: "X-User", claim: "sub" },
        { header: "x-admin", claim: "admin" },
        { header: "x-age", claim: "age" },
        { header: "x-team", claim: "org.team" },
        { header: "x-groups", claim: "groups" },
      ],
    }),
    rule({
      issuer: globex.issuer,
      jwks: globex.jwks,
      headers: [{ name: "x-globex", prefix: "" }],
      claimHeaders: [{ header: "x-globex-user", claim: "sub" }],
    }),
  ],
} satisfies Record<string, TokenIssuer[]>;

type Listener = keyof typeof listeners;

let upstream: Server;
let envoy: RunningEnvoy;
const ports = new Map<string, number>();

before(async () => {
  upstream = createServer(({ url, headers }, response) => response.end(JSON.stringify({ path: url, headers })));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const at = upstream.address();
  const upstreamPort = at !== null && typeof at === "object" ? at.port : 0;
  for (const name of Object.keys(listeners)) ports.set(name, await freePort());
  const cluster = {
    name: outboundClusterName({ host: "app", port: 80, subset: "" }),
    load_assignment: {
      cluster_name: "app",
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: upstreamPort } } } },
          ],
        },
      ],
    },
  };
  const all = Object.entries(listeners).map(([name, issuers]) => json(ListenerSchema, listener(name, issuers)));
  envoy = await startStaticEnvoy([cluster], all);
});

after(async () => {
  await envoy?.stop();
  upstream?.close();
});

describe("a token in the Authorization header", () => {
  const cases: [string, () => string | Promise<string>, number][] = [
    ["valid", () => acme.token(), 200],
    ["without an end", () => acme.token({ exp: undefined }), 200],
    ["without the name of its key", () => acme.token({}, { kid: undefined }), 200],
    ["that ended within the clocks' difference", () => acme.token({ exp: secondsFromNow(-5) }), 200],
    ["expired", () => acme.token({ exp: secondsFromNow(-3_600) }), 401],
    ["not valid yet", () => acme.token({ nbf: secondsFromNow(3_600) }), 401],
    ["of an issuer that is not known", () => acme.token({ iss: "https://evil.example.com" }), 401],
    ["without issuer", () => acme.token({ iss: undefined }), 401],
    ["signed by somebody else", () => stranger.token(), 401],
    ["signed by another issuer", () => globex.token({ iss: acme.issuer }), 401],
    ["of a key that is not known", () => acme.token({}, { kid: "another" }), 401],
    ["with alg none", () => unsigned({ alg: "none" }, { iss: acme.issuer, sub: "alice" }), 401],
    ["with alg None and a signature", () => unsigned({ alg: "None" }, { iss: acme.issuer, sub: "alice" }, "c2ln"), 401],
    ["without alg", () => unsigned({ typ: "JWT" }, { iss: acme.issuer, sub: "alice" }, "c2ln"), 401],
    ["signed with the public key as a secret, PEM", () => confused(pem()), 401],
    ["signed with the public key as a secret, modulus", () => confused(modulus()), 401],
    ["that brings its own key", () => stranger.token({}, { jwk: JSON.parse(stranger.jwks).keys[0] }), 401],
    ["that says where its key is", () => stranger.token({}, { jku: "http://127.0.0.1/keys" }), 401],
    ["with other claims than were signed", async () => tampered(await acme.token(), 1), 401],
    ["with another signature", async () => tampered(await acme.token(), 2), 401],
    ["without signature", async () => (await acme.token()).replace(/[^.]*$/, ""), 401],
    ["cut off", async () => (await acme.token()).slice(0, 40), 401],
    ["that is none", () => "hello", 401],
    ["of 40 KB that is none", () => "a.".repeat(20_000), 401],
  ];
  for (const [what, token, status] of cases) {
    test(`${what}: ${status}`, async () => {
      const answer = await call("plain", { authorization: `Bearer ${await token()}` });
      assert.equal(answer.status, status, answer.body);
      if (status === 401) assert.match(answer.headers["www-authenticate"] ?? "", /invalid_token/);
    });
  }

  test("is not needed", async () => {
    assert.equal((await call("plain", {})).status, 200);
    assert.equal((await call("plain", { authorization: "Basic YWxpY2U6c2VjcmV0" })).status, 200);
  });

  test("larger than all headers may be: 431, and Envoy lives", async () => {
    assert.equal((await call("plain", { authorization: `Bearer ${"a".repeat(70_000)}` })).status, 431);
    assert.equal((await call("plain", {})).status, 200);
  });

  test("is taken whoever issued it where the policy names no issuer, if the key is right", async () => {
    const anybody = await acme.token({ iss: "https://other.example.com" });
    assert.equal((await call("anyIssuer", { authorization: `Bearer ${anybody}` })).status, 200);
    assert.equal((await call("anyIssuer", { authorization: `Bearer ${await stranger.token()}` })).status, 401);
  });
});

describe("audiences", () => {
  for (const [aud, status] of [
    ["shop", 200],
    [["other", "bank"], 200],
    ["other", 403],
    [[], 403],
    [undefined, 403],
    ["shopping", 403],
  ] as const) {
    test(`${JSON.stringify(aud)}: ${status}`, async () => {
      const token = await acme.token({ aud: typeof aud === "object" ? [...aud] : aud });
      assert.equal((await call("audience", { authorization: `Bearer ${token}` })).status, status);
    });
  }
});

describe("places", () => {
  test("header with prefix, parameter and cookie are looked at, others are not", async () => {
    const token = await acme.token();
    assert.equal((await call("places", { "x-token": `Token ${token}` })).status, 200);
    assert.equal((await call("places", { "x-token": "Token no" })).status, 401);
    assert.equal((await call("places", {}, `/?jwt=${token}`)).status, 200);
    assert.equal((await call("places", {}, "/?jwt=no")).status, 401);
    assert.equal((await call("places", { cookie: `a=b; session=${token}` })).status, 200);
    assert.equal((await call("places", { cookie: "session=no" })).status, 401);
    assert.equal((await call("places", { authorization: "Bearer no" })).status, 200);
    assert.equal((await call("places", {}, "/?access_token=no")).status, 200);
  });

  test("by default a token may be in the parameter access_token", async () => {
    assert.equal((await call("plain", {}, `/?access_token=${await acme.token()}`)).status, 200);
    assert.equal((await call("plain", {}, "/?access_token=no")).status, 401);
  });

  test("two tokens of one issuer must both be valid, whichever comes first", async () => {
    const token = await acme.token();
    const two = (header: string, param: string) =>
      call("plain", { authorization: `Bearer ${header}` }, `/?access_token=${param}`);
    assert.equal((await two(token, token)).status, 200);
    assert.equal((await two(token, "no")).status, 401);
    assert.equal((await two("no", token)).status, 401);
    assert.equal((await call("plain", { authorization: [`Bearer ${token}`, "Bearer no"] })).status, 401);
  });

  test("a token is taken out of header and parameter, unless it is to go on", async () => {
    const token = await acme.token();
    assert.equal((await call("plain", { authorization: `Bearer ${token}` })).seen.headers.authorization, undefined);
    assert.equal((await call("plain", {}, `/p?access_token=${token}&a=b`)).seen.path, "/p?a=b");
    const forwarded = await call("forwarding", { authorization: `Bearer ${token}` });
    assert.equal(forwarded.seen.headers.authorization, `Bearer ${token}`);
    assert.equal((await call("forwarding", {}, `/p?access_token=${token}`)).seen.path, `/p?access_token=${token}`);
  });
});

describe("several issuers", () => {
  for (const issuer of [acme, globex, pss, edwards]) {
    test(`a token of ${issuer.issuer} is taken in the place that all share`, async () => {
      assert.equal((await call("several", { authorization: `Bearer ${await issuer.token()}` })).status, 200);
    });
  }

  test("none vouches for another, and none is needed", async () => {
    const forged = await globex.token({ iss: acme.issuer });
    assert.equal((await call("several", { authorization: `Bearer ${forged}` })).status, 401);
    assert.equal((await call("several", { authorization: `Bearer ${await keyless.token()}` })).status, 401);
    assert.equal((await call("several", {})).status, 200);
  });

  test("one whose keys are not known takes no token, and the others are as they were", async () => {
    assert.equal((await call("keyless", { authorization: `Bearer ${await keyless.token()}` })).status, 401);
    const edwardian = testIssuer(keyless.issuer, "EdDSA");
    assert.equal((await call("keyless", { authorization: `Bearer ${await edwardian.token()}` })).status, 401);
    const nobodys = unsigned({ alg: "EdDSA" }, { iss: keyless.issuer }, Buffer.alloc(64).toString("base64url"));
    assert.equal((await call("keyless", { authorization: `Bearer ${nobodys}` })).status, 401);
    assert.equal((await call("keyless", { authorization: `Bearer ${await acme.token()}` })).status, 200);
    assert.equal((await call("keyless", {})).status, 200);
  });
});

describe("claims in headers", () => {
  const claims = { admin: true, age: 42, org: { team: "blue" }, groups: ["a", "b"] };
  const FORGED = {
    ...{ "x-user": "root", "x-admin": "true", "x-team": "red", "x-groups": "all", "x-payload": "e30" },
    "x-globex-user": "root",
  };

  test("texts, numbers, truths and nested ones are written as they are, lists as JSON in base64", async () => {
    const { seen } = await call("headers", { authorization: `Bearer ${await acme.token(claims)}` });
    const { "x-user": user, "x-admin": admin, "x-age": age, "x-team": team, "x-groups": groups } = seen.headers;
    assert.deepEqual(
      [user, admin, age, team, groups],
      ["alice", "true", "42", "blue", Buffer.from('["a","b"]').toString("base64url")],
    );
    const payload = JSON.parse(Buffer.from(String(seen.headers["x-payload"]), "base64url").toString());
    assert.equal(payload.sub, "alice");
  });

  test("what a client writes into them is gone, whether it has a token or not", async () => {
    const ownNames = (headers: IncomingHttpHeaders) => Object.keys(FORGED).filter((name) => headers[name]);
    const without = await call("headers", FORGED);
    assert.deepEqual(ownNames(without.seen.headers), []);
    const withToken = await call("headers", { ...FORGED, authorization: `Bearer ${await acme.token()}` });
    assert.deepEqual(ownNames(withToken.seen.headers), ["x-user", "x-payload"]);
    assert.equal(withToken.seen.headers["x-user"], "alice");
    const other = await call("headers", { ...FORGED, "x-globex": await globex.token() });
    assert.deepEqual(ownNames(other.seen.headers), ["x-globex-user"]);
    assert.equal(other.seen.headers["x-globex-user"], "alice");
  });

  test("nor does a preflight, which needs no token, bring them in", async () => {
    const preflight = { origin: "https://a.example.com", "access-control-request-method": "GET" };
    const { status, seen } = await call("headers", { ...FORGED, ...preflight }, "/", "OPTIONS");
    assert.equal(status, 200);
    assert.deepEqual(
      Object.keys(FORGED).filter((name) => seen.headers[name]),
      [],
    );
  });

  test("of two tokens of different issuers in their own places one valid one is enough, as in Istio", async () => {
    const authorization = `Bearer ${await acme.token()}`;
    const { status, seen } = await call("headers", { authorization, "x-globex": "no", "x-globex-user": "root" });
    assert.equal(status, 200);
    assert.deepEqual([seen.headers["x-user"], seen.headers["x-globex-user"]], ["alice", undefined]);
    const other = await call("headers", { authorization: "Bearer no", "x-globex": await globex.token() });
    assert.deepEqual([other.status, other.seen.headers["x-user"]], [200, undefined]);
    assert.equal((await call("headers", { "x-globex": "no" })).status, 401);
  });

  test("no route is chosen by one that a client wrote", async () => {
    assert.equal((await call("headers", { "x-team": "blue" })).seen.headers["x-route"], "rest");
    const token = await acme.token({ org: { team: "blue" } });
    const { seen } = await call("headers", { authorization: `Bearer ${token}` });
    assert.equal(seen.headers["x-route"], "by-header");
  });
});

describe("routes by claims", () => {
  const route = async (token: string): Promise<unknown> =>
    (await call("plain", { authorization: `Bearer ${token}` })).seen.headers["x-route"];

  test("a text, one of a list, a nested one, and one whose name has dots", async () => {
    assert.equal(await route(await acme.token({ group: "admin" })), "group");
    assert.equal(await route(await acme.token({ group: ["dev", "admin"] })), "group");
    assert.equal(await route(await acme.token({ realm: { roles: ["admin"] } })), "nested");
    assert.equal(await route(await acme.token({ "acme.com/tier": "gold-plus" })), "dotted");
    assert.equal(await route(await acme.token({ scope: "read write" })), "scope");
  });

  test("what is no such claim goes elsewhere", async () => {
    for (const claims of [
      { group: "admins" },
      { group: { admin: "admin" } },
      { realm: "admin" },
      { roles: ["admin"] },
    ]) {
      assert.equal(await route(await acme.token(claims)), "rest", JSON.stringify(claims));
    }
  });

  test("without a token no claim is there", async () => {
    assert.equal((await call("plain", {})).seen.headers["x-route"], "rest");
    assert.equal((await call("plain", {}, "/without")).seen.headers["x-route"], "without");
    const token = await acme.token({ banned: "yes" });
    const banned = await call("plain", { authorization: `Bearer ${token}` }, "/without");
    assert.equal(banned.seen.headers["x-route"], "rest");
  });
});

function rule(fields: Partial<TokenIssuer> & Pick<TokenIssuer, "issuer" | "jwks">): TokenIssuer {
  return {
    audiences: [],
    headers: [],
    params: [],
    cookies: [],
    forward: false,
    claimHeaders: [],
    spaceDelimitedClaims: [],
    ...fields,
  };
}

function listener(name: string, issuers: TokenIssuer[]) {
  const match = (...claims: ClaimMatch[]): HttpMatch => ({ headers: [], queryParams: [], claims });
  const exact = (value: string) => ({ type: "Exact", value }) as const;
  const byHeader: HttpMatch = { headers: [{ name: "x-team", match: exact("blue") }], queryParams: [] };
  const banned: ClaimMatch = { path: ["banned"], match: { type: "Present" }, invert: true };
  const routes = [
    to("by-header", byHeader),
    to("without", { ...match(banned), path: exact("/without") }),
    to("group", match({ path: ["group"], match: exact("admin") })),
    to("nested", match({ path: ["realm", "roles"], match: exact("admin") })),
    to("dotted", match({ path: ["acme.com/tier"], match: { type: "Prefix", value: "gold" } })),
    to("scope", match({ path: ["scope"], match: exact("write") })),
    to("rest"),
  ];
  const context = { port: 80, tls: false, defaultRetries: 0, loadBalancerOf: () => undefined };
  const virtualHosts = [virtualHost({ name: "all", domains: ["*"], routes: httpRoutes(routes, context) })];
  const filter = httpConnectionManager({
    role: "Gateway",
    statPrefix: name,
    routes: staticRouteConfiguration({ name, virtualHosts }),
    lazy: false,
    accessLogFile: "",
    policies: { authentication: { origins: [], issuers } },
  });
  return create(ListenerSchema, {
    name,
    address: address("127.0.0.1", ports.get(name) ?? 0),
    filterChains: [{ filters: [filter] }],
  });
}

function to(name: string, ...matches: HttpMatch[]): HttpRoute {
  return {
    name,
    origin: { kind: "networking.istio.io/VirtualService", namespace: "default", name: "route" },
    matches,
    mirrors: [],
    action: { type: "Forward", destinations: [{ host: "app", port: 80, subset: "", weight: 1 }] },
    requestHeaders: { set: { "x-route": name }, add: {}, remove: [] },
  };
}

function confused(secret: string | Buffer): string {
  const claims = { iss: acme.issuer, sub: "alice", exp: secondsFromNow(3_600) };
  const signed = unsigned({ alg: "HS256", kid: JSON.parse(acme.jwks).keys[0].kid }, claims).replace(/\.$/, "");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function pem(): string {
  return acme.publicKey.export({ type: "spki", format: "pem" }).toString();
}

function modulus(): Buffer {
  return Buffer.from(JSON.parse(acme.jwks).keys[0].n, "base64url");
}

/** One letter of a part is another. */
function tampered(token: string, part: number): string {
  const parts = token.split(".");
  const text = parts[part] ?? "";
  parts[part] = `${text.slice(0, 8)}${text[8] === "A" ? "B" : "A"}${text.slice(9)}`;
  return parts.join(".");
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** What the application saw. */
  seen: { path?: string; headers: IncomingHttpHeaders };
}

function call(
  listener: Listener,
  headers: Record<string, string | string[]>,
  path = "/",
  method = "GET",
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request({ host: "127.0.0.1", port: ports.get(listener), path, method, headers, agent: false });
  asked.on("response", async (response) => {
    const body = Buffer.concat(await response.toArray()).toString();
    const seen: Answer["seen"] = response.statusCode === 200 ? JSON.parse(body) : { headers: {} };
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body, seen });
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}
