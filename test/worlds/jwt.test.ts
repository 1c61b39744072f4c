/** Tokens at sidecars and gateways, routes by their claims, and where keys are fetched from and where not. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { openWorld } from "../support/open-world.ts";
import { testIssuer } from "../support/tokens.ts";

const acme = testIssuer("https://acme.example.com");
const KEYS_HOST = "httpbin.issuer.svc.cluster.local";
/** httpbin answers with the text that the path holds. */
const keysAt = (host: string, jwks = acme.jwks): string =>
  `http://${host}:8000/base64/${Buffer.from(jwks).toString("base64url")}`;

const policy = (namespace: string, name: string, app: string, ...jwtRules: object[]): string =>
  JSON.stringify({
    apiVersion: "security.istio.io/v1",
    kind: "RequestAuthentication",
    metadata: { namespace, name },
    spec: { selector: { matchLabels: app === "" ? {} : { app } }, jwtRules },
  });

describe("tokens", { timeout: 300_000 }, () => {
  const world = openWorld();
  let gateway = "";

  before(async () => {
    await world.start("up");
    await world.deploy("curl/curl.yaml", "httpbin/httpbin.yaml", "httpbin/httpbin-gateway.yaml");
    await world.kubectl("create", "namespace", "issuer");
    await world.kubectl("apply", "-n", "issuer", "-f", "samples/httpbin/httpbin.yaml");
    await world.kubectl("wait", "-n", "issuer", "--for=condition=available", "--timeout=120s", "deploy/httpbin");
    gateway = await world.gateway("istio-ingressgateway", "istio-system");
  });
  after(() => world.end());

  /** What the curl pod gets from httpbin: body and, in the last line, status. */
  const ask = async (token = "", path = "/headers", ...more: string[]): Promise<string> => {
    const header = token === "" ? [] : ["-H", `authorization: Bearer ${token}`];
    const curl = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", ...header, ...more, `http://httpbin:8000${path}`];
    return (await world.kubectl("exec", "deploy/curl", "-c", "curl", "--", ...curl)).trim();
  };
  const atGateway = async (token = "", path = "/headers"): Promise<{ status: number; body: string }> => {
    const headers: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(gateway + path, { headers });
    return { status: response.status, body: await response.text() };
  };
  const condition = async (name: string): Promise<string> =>
    world.kubectl("get", "requestauthentication", name, "-o", "jsonpath={.status.conditions[*].message}");

  test("at a sidecar: none passes, a valid one too, a bad one does not; its claims are headers, and only its own", async () => {
    await world.apply(
      policy("default", "tokens", "httpbin", {
        ...{ issuer: acme.issuer, jwks: acme.jwks },
        outputClaimToHeaders: [{ header: "x-user", claim: "sub" }],
      }),
    );
    await eventually(async () => assert.match(await ask("no"), /401$/));
    assert.match(await ask("", "/headers", "-H", "x-user: root"), /^(?!.*X-User).*200$/is);
    assert.match(await ask(await acme.token(), "/headers", "-H", "x-user: root"), /"X-User":\["alice"\].*200$/is);
    assert.match(await ask(await testIssuer(acme.issuer).token()), /401$/);
    await world.kubectl("delete", "requestauthentication", "tokens");
    await eventually(async () => assert.match(await ask("no"), /200$/));
  });

  test("at a gateway: tokens are verified there, and routes chosen by what they claim", async () => {
    await world.apply(
      policy("istio-system", "tokens", "istio-ingressgateway", { issuer: acme.issuer, jwks: acme.jwks }),
    );
    const destination = { host: "httpbin", port: { number: 8000 } };
    const to = (claim: string, value: string, path: string) => ({
      match: [{ headers: { [`@request.auth.claims${claim}`]: { exact: value } } }],
      rewrite: { uri: path },
      route: [{ destination }],
    });
    const routes = (...http: object[]): Promise<string> =>
      world.apply(
        JSON.stringify({
          apiVersion: "networking.istio.io/v1",
          kind: "VirtualService",
          metadata: { name: "httpbin" },
          spec: { hosts: ["*"], gateways: ["httpbin-gateway"], http },
        }),
      );
    const byClaims = [to(".group", "admin", "/anything/admin"), to("[realm][roles]", "staff", "/anything/staff")];
    await routes(...byClaims, { rewrite: { uri: "/anything/all" }, route: [{ destination }] });
    await eventually(async () => assert.equal((await atGateway("no")).status, 401));
    await eventually(async () => assert.match((await atGateway()).body, /anything\/all/));
    const answered = async (claims: object) => (await atGateway(await acme.token({ ...claims }))).body;
    assert.match(await answered({}), /anything\/all/);
    assert.match(await answered({ group: "admin" }), /anything\/admin/);
    assert.match(await answered({ group: ["dev", "admin"] }), /anything\/admin/);
    assert.match(await answered({ realm: { roles: ["staff"] } }), /anything\/staff/);
    // without a route for the rest, only those have one who claim something
    await routes(...byClaims);
    await eventually(async () => assert.equal((await atGateway()).status, 404));
    assert.match(await answered({ group: "admin" }), /anything\/admin/);
    // the claims of a token that is not valid choose nothing
    const forged = await testIssuer(acme.issuer).token({ group: "admin" });
    assert.equal((await atGateway(forged)).status, 401);
  });

  test("keys inside the network are fetched when the mesh's settings allow it; until then their tokens are refused", async () => {
    await world.apply(policy("default", "fetched", "httpbin", { issuer: acme.issuer, jwksUri: keysAt(KEYS_HOST) }));
    const token = await acme.token();
    await eventually(async () => assert.match(await condition("fetched"), /inside the network.*jwksAllowedHosts/s));
    await eventually(async () => assert.match(await ask(token), /401$/));
    assert.match(await ask(), /200$/);
    await allow({ jwksAllowedHosts: [KEYS_HOST] });
    await eventually(async () => assert.match(await ask(token), /200$/));
    await eventually(async () => assert.equal(await condition("fetched"), ""));
    assert.match(await ask("no"), /401$/);
    await world.kubectl("delete", "requestauthentication", "fetched");
  });

  test("loopback, link-local and shared secrets are refused whatever the settings allow", async () => {
    await allow({ jwksAllowedNetworks: ["0.0.0.0/0", "::/0"] });
    const secret = JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0" }] });
    const cases = [
      ["http://127.0.0.1:15014/debug/syncz", /loopback/],
      ["http://localhost:15014/debug/syncz", /loopback/],
      ["http://[::ffff:127.0.0.1]/keys", /loopback/],
      ["http://169.254.169.254/latest/meta-data/", /link-local/],
      [keysAt(KEYS_HOST, secret), /shared secret/],
      [keysAt(KEYS_HOST, "[]"), /no JSON Web Key Set/],
    ] as const;
    const rules = cases.map(([jwksUri], i) => ({ issuer: `${i}`, jwksUri }));
    await world.apply(policy("default", "refused", "httpbin", ...rules));
    await eventually(async () => {
      const lines = (await condition("refused")).split("\n");
      cases.forEach(([uri, why], i) => {
        assert.match(lines[i] ?? "", why, uri);
      });
    });
    const own = await testIssuer("0").token();
    await eventually(async () => assert.match(await ask(own), /401$/));
    assert.match(await ask(), /200$/);
  });

  test("every proxy accepted all of it", async () => {
    await eventually(async () => assert.deepEqual(await new Account(world).outOfSync(), []));
  });

  const allow = (lateen: object): Promise<string> =>
    world.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "istio", namespace: "istio-system" },
        data: { mesh: JSON.stringify({ lateen }) },
      }),
    );
});
