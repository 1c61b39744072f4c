/** What a client might write to be taken for another, or to get around a rule. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import type { CallSpec } from "./calls.ts";
import { authorizationFor } from "./differential.ts";
import { type Proxied, startProxied } from "./proxied.ts";
import type { PolicyCase } from "./tables.ts";

const ADMIN = "spiffe://cluster.local/ns/default/sa/admin";

/** By name: what stands in front of the workload. */
const POLICIES = {
  admins: { rules: [{ from: [{ source: { principals: ["*/ns/default/sa/admin"] } }] }] },
  noRole: { action: "DENY", rules: [{ when: [{ key: "request.headers[x-role]", values: ["guest"] }] }] },
  noPath: { action: "DENY", rules: [{ to: [{ operation: { paths: ["/admin*"] } }] }] },
  noHost: { action: "DENY", rules: [{ to: [{ operation: { hosts: ["secret.example.com"] } }] }] },
  noAddress: { action: "DENY", rules: [{ from: [{ source: { ipBlocks: ["127.0.0.1"] } }] }] },
  getOnly: { rules: [{ to: [{ operation: { methods: ["GET"] } }] }] },
  claims: { rules: [{ from: [{ source: { requestPrincipals: ["*/admin"] } }] }] },
} satisfies Record<string, PolicyCase>;

let proxied: Proxied;
const names = Object.keys(POLICIES);

before(async () => {
  const all = Object.entries(POLICIES).map(([name, policy]) =>
    authorizationFor({ name, policies: [policy], calls: [] }, ""),
  );
  const [first] = all;
  assert.ok(first);
  proxied = await startProxied(
    all.map(({ authorization }) => authorization),
    { settings: first.settings },
  );
});

after(() => proxied?.stop());

function call(name: keyof typeof POLICIES, spec: CallSpec) {
  return proxied.call(names.indexOf(name), spec);
}

/** Bytes as no client library would write them, and what is answered: the first line, or all up to the end. */
function raw(name: keyof typeof POLICIES, text: string, until: "Line" | "End" = "Line"): Promise<string> {
  const { address, port } = proxied.target(names.indexOf(name), {});
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    let answer = "";
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => {
      answer += chunk;
      if (until === "End" || !answer.includes("\r\n")) return;
      socket.destroy();

      resolve(answer.slice(0, answer.indexOf("\r\n")));
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    socket.write(text.replaceAll("\n", "\r\n"));
  });
}

describe("identity", () => {
  test("is that of the certificate, not what a header says", async () => {
    const headers = { "x-forwarded-client-cert": `By=spiffe://x;Hash=a;URI=${ADMIN}` };
    assert.equal((await call("admins", { as: ADMIN })).status, 200);
    assert.equal((await call("admins", { headers })).status, 403);
    assert.equal((await call("admins", { as: "default/user", headers })).status, 403);
  });

  test("is one of the mesh: a certificate without a URI of it is no way in", async () => {
    await assert.rejects(call("admins", { as: "https://example.com/ns/default/sa/admin" }));
  });

  test("in tokens is that of one that was verified, not what a header says", async () => {
    assert.equal((await call("claims", { claims: { sub: "admin" } })).status, 200);
    assert.equal((await call("claims", { claims: { sub: "user" } })).status, 403);
    const payload = Buffer.from(JSON.stringify({ iss: "https://issuer.example.com", sub: "admin" })).toString(
      "base64url",
    );
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
    assert.equal((await call("claims", { headers: { authorization: `Bearer ${none}` } })).status, 401);
    assert.equal((await call("claims", { headers: { "x-jwt-payload": payload } })).status, 403);
  });
});

describe("addresses", () => {
  test("of who is connected are not those that headers name", async () => {
    const forged = { "x-forwarded-for": "10.0.0.1", "x-envoy-external-address": "10.0.0.1", "x-real-ip": "10.0.0.1" };
    assert.equal((await call("noAddress", { headers: forged })).status, 403);
    assert.equal((await call("noAddress", { from: "127.0.0.2", headers: forged })).status, 200);
  });
});

describe("headers", () => {
  test("that come twice are each looked at", async () => {
    assert.match(await raw("noRole", "GET / HTTP/1.1\nhost: app\nx-role: user\n\n"), / 200 /);
    assert.match(await raw("noRole", "GET / HTTP/1.1\nhost: app\nx-role: user\nx-role: guest\n\n"), / 403 /);
    assert.match(await raw("noRole", "GET / HTTP/1.1\nhost: app\nX-Role: guest\nx-role: user\n\n"), / 403 /);
  });

  test("do not change the method", async () => {
    const headers = { "x-http-method-override": "GET", "x-method-override": "GET", "x-http-method": "GET" };
    assert.equal((await call("getOnly", { method: "DELETE", headers })).status, 403);
  });

  test("that proxies write about paths do not change what is looked at", async () => {
    const headers = { "x-envoy-original-path": "/", "x-original-url": "/", "x-rewrite-url": "/" };
    assert.equal((await call("noPath", { path: "/admin", headers })).status, 403);
  });
});

describe("hosts", () => {
  for (const host of ["secret.example.com", "SECRET.example.com", "secret.example.com:80", "secret.example.com."]) {
    test(`${host} is the one that is denied`, async () => {
      assert.equal((await call("noHost", { host })).status, 403);
      assert.match(await raw("noHost", `GET http://${host}/ HTTP/1.1\nhost: other\n\n`), / 403 /);
    });
  }

  test("in the request line win over the header", async () => {
    assert.match(await raw("noHost", "GET http://other/ HTTP/1.1\nhost: secret.example.com\n\n"), / 200 /);
  });

  test("that come twice are one that is neither, to the application too", async () => {
    const request = "GET / HTTP/1.1\nhost: other\nhost: secret.example.com\nconnection: close\n\n";
    assert.match(await raw("noHost", request, "End"), /"host":"other,secret\.example\.com"/);
  });

  for (const [what, request] of [
    ["none", "GET / HTTP/1.1\nx: y\n\n"],
    ["HTTP/1.0, which needs none", "GET / HTTP/1.0\n\n"],
  ] as const) {
    test(`${what}: nothing that reaches the application`, async () => {
      assert.match(await raw("noHost", request), / (400|403|426) /);
    });
  }
});

describe("request lines", () => {
  for (const path of ["/admin", "/ADMIN/../admin", "/x/../admin;a", "/%61dmin#x", "/x/%2e%2e/admin"]) {
    test(`${path} does not reach the application`, async () => {
      assert.match(await raw("noPath", `GET ${path} HTTP/1.1\nhost: app\n\n`), / (400|403) /);
      assert.match(await raw("noPath", `GET http://app${path} HTTP/1.1\nhost: app\n\n`), / (400|403) /);
    });
  }

  for (const line of [
    "GET \\admin HTTP/1.1",
    "GET /admin%00 HTTP/1.1",
    "GET admin HTTP/1.1",
    "GET /ad\tmin HTTP/1.1",
  ]) {
    test(`${JSON.stringify(line)} is none`, async () => {
      assert.match(await raw("noPath", `${line}\nhost: app\n\n`), / 40\d /);
    });
  }

  test("with a second request hidden behind a length that is not one are none", async () => {
    const hidden = "GET /admin HTTP/1.1\nhost: app\n\n";
    const both = `POST / HTTP/1.1\nhost: app\ncontent-length: 3\ntransfer-encoding: chunked\n\n0\n\n${hidden}`;
    assert.doesNotMatch(await raw("noPath", both), / 200 /);
  });
});
