/** AuthorizationPolicies in a world: Istio's tasks, with identities that pods have by themselves. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parse, stringify } from "yaml";
import type { AuthorizationPolicy } from "../../src/kinds/istio/authorization-policy.ts";
import { eventually } from "../support/eventually.ts";
import { get, startLoad } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";
import { asksTcp, IDLE, list, say, scripted, serviceOf } from "../support/scripted-pods.ts";
import { testIssuer } from "../support/tokens.ts";

/** HTTP on 8080 and, which no Service names, on 7777; bytes on 7000. */
const SERVER = `
const http = (port) => require("http").createServer((request, response) =>
  response.end(request.method + " " + request.url + " " + (request.headers["x-authorizer"] ?? ""))).listen(port);
[8080, 7777].forEach(http);
require("net").createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(7000);
`;

/** Says yes to who says `x-ext-authz: allow`. */
const AUTHORIZER = `
require("http").createServer((request, response) => {
  const allowed = request.headers["x-ext-authz"] === "allow";
  response.writeHead(allowed ? 200 : 403, { "x-authorizer": "asked" });
  response.end(allowed ? "" : "the authorizer denies");
}).listen(9000);
`;

type Spec = NonNullable<AuthorizationPolicy["spec"]>;

interface Request {
  method?: string;
  path?: string;
  headers?: Readonly<Record<string, string>>;
  host?: string;
  port?: number;
}

/** Writes `200 body`, or `refused CODE`. */
function asks({ method = "GET", path = "/", headers = {}, host = "server.default", port = 8080 }: Request): string {
  const options = JSON.stringify({ host, port, method, path, headers, timeout: 20_000 });
  return `require("http").request(${options}, async (answer) => {
    let body = "";
    for await (const part of answer.setEncoding("utf8")) body += part;
    console.log(answer.statusCode, body);
  }).on("timeout", function () { this.destroy(new Error("timeout")) })
    .on("error", (e) => console.log("refused", e.code)).end();`;
}

describe("authorization", { timeout: 600_000 }, () => {
  const world = openWorld();
  const applied = new Set<string>();

  /** Who asks: `default`, `foo` with identities of their own, `plain` without one. */
  const ask = (namespace: string, request: Request = {}) => say(world, namespace, "client", asks(request));
  const bytes = (namespace: string) => say(world, namespace, "client", asksTcp("server.default", 7000, "echo"));
  const allowed = (namespace: string, request?: Request) =>
    eventually(async () => assert.match(await ask(namespace, request), /^200 /));
  const denied = (namespace: string, request?: Request) =>
    eventually(async () => assert.match(await ask(namespace, request), /^403 RBAC: access denied/));
  const policy = async (name: string, spec: Spec, annotations: Record<string, string> = {}, namespace = "default") => {
    const metadata = { name, namespace, annotations };
    const type = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy" };
    await world.apply(JSON.stringify({ ...type, metadata, spec }));
    applied.add(`${namespace}/${name}`);
  };
  /** Takes all policies away again. */
  const clear = async (): Promise<void> => {
    for (const key of applied) {
      const [namespace = "", name = ""] = key.split("/");
      await world.kubectl("delete", "authorizationpolicy", name, "-n", namespace);
    }
    applied.clear();
    for (const namespace of ["default", "foo", "plain"]) await allowed(namespace);
    assert.match(await bytes("plain"), /echo/);
  };
  const configure = async (changes: object): Promise<void> => {
    const object = ["configmap", "istio", "-n", "istio-system"];
    const { stdout } = await world.tryKubectl(["get", ...object, "--ignore-not-found", "-o", "jsonpath={.data.mesh}"]);
    const mesh = stringify({ ...parse(stdout), ...changes });
    const metadata = { name: "istio", namespace: "istio-system" };
    await world.apply(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { mesh } }));
  };
  const server = async (): Promise<string> =>
    (await world.kubectl("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].metadata.name}")).trim();

  before(async () => {
    await world.start("up");
    for (const namespace of ["foo", "plain"]) await world.kubectl("create", "namespace", namespace);
    for (const namespace of ["default", "foo"]) {
      await world.kubectl("label", "namespace", namespace, "istio-injection=enabled", "--overwrite");
    }
    await configure({
      accessLogFile: "/dev/stdout",
      extensionProviders: [
        {
          name: "authorizer",
          envoyExtAuthzHttp: {
            service: "authorizer.default.svc.cluster.local",
            port: 9000,
            includeRequestHeadersInCheck: ["x-ext-authz"],
            headersToUpstreamOnAllow: ["x-authorizer"],
          },
        },
      ],
    });
    await world.apply(
      list(
        ...scripted("server", "default", SERVER),
        serviceOf("server", "default", [
          { name: "http", port: 8080 },
          { name: "tcp", port: 7000 },
        ]),
        ...scripted("authorizer", "default", AUTHORIZER),
        serviceOf("authorizer", "default", [{ name: "http", port: 9000 }]),
        ...["default", "foo", "plain"].flatMap((namespace) => scripted("client", namespace, IDLE)),
      ),
    );
    for (const namespace of ["default", "foo", "plain"]) {
      await world.kubectl(
        ...["wait", "-n", namespace, "--for=condition=available", "--timeout=120s", "deployment", "--all"],
      );
      await allowed(namespace);
    }
  });
  after(() => world.end());

  test("nothing is allowed by an empty policy, and then what others allow, by identity and method", async () => {
    await policy("nothing", {});
    for (const namespace of ["default", "foo", "plain"]) await denied(namespace);
    await policy("reads", {
      selector: { matchLabels: { app: "server" } },
      rules: [
        {
          from: [{ source: { principals: ["cluster.local/ns/default/sa/client"] } }],
          to: [{ operation: { methods: ["GET"] } }],
        },
      ],
    });
    await allowed("default");
    await denied("default", { method: "DELETE" });
    for (const namespace of ["foo", "plain"]) await denied(namespace);
    await clear();
  });

  test("namespaces are those of verified identities: who is on plain text is of none", async () => {
    await policy("foo", { rules: [{ from: [{ source: { namespaces: ["foo"] } }] }] });
    await denied("default");
    await allowed("foo");
    await denied("plain");
    await clear();
    await policy("not-foo", { action: "DENY", rules: [{ from: [{ source: { notNamespaces: ["foo"] } }] }] });
    await denied("default");
    await allowed("foo");
    await denied("plain");
    await clear();
  });

  test("a denied request's log line names the rule, and lateen says the same", async () => {
    const rules = [{ to: [{ operation: { paths: ["/admin*"], methods: ["GET"] } }] }];
    await policy("no-admin", { action: "DENY", rules });
    await denied("default", { path: "/x/../admin" });
    await allowed("default", { path: "/other" });
    const pod = await server();
    await eventually(async () => {
      const log = await world.kubectl("logs", pod, "-c", "istio-proxy");
      assert.match(
        log,
        /"GET \/admin HTTP\/1.1" 403 - rbac_access_denied_matched_policy\[ns\[default\]-policy\[no-admin\]-rule\[0\]\]/,
      );
    });
    const listed = await world.lateen("experimental", "authz", "check", pod);
    assert.match(listed, /ACTION +AuthorizationPolicy +RULES\s+DENY +no-admin\.default +1/);
    const check = (path: string) =>
      world.tryLateen("x", "authz", "check", "deployment/server", "--from", "default/client", "--to", "GET", path);
    const no = await check("/x/../admin");
    assert.deepEqual([no.status, /denied: rule 0 of no-admin\.default \(DENY\)/.test(no.stdout)], [1, true]);
    const yes = await check("/other");
    assert.deepEqual([yes.status, /allowed: /.test(yes.stdout)], [0, true]);
    await clear();
  });

  test("a request that no policy allows has a log line that says so, and lateen names those that might have", async () => {
    await policy("posts", { rules: [{ to: [{ operation: { methods: ["POST"] } }] }] });
    await denied("default", { path: "/unlisted" });
    const pod = await server();
    await eventually(async () => {
      const log = await world.kubectl("logs", pod, "-c", "istio-proxy");
      assert.match(log, /"GET \/unlisted HTTP\/1.1" 403 - rbac_access_denied_matched_policy\[none\]/);
    });
    const said = await world.tryLateen(
      "x",
      "authz",
      "check",
      pod,
      "--from",
      "default/client",
      "--to",
      "GET",
      "/unlisted",
    );
    assert.match(said.stdout, /denied: no rule of those that allow matches \(posts\.default\)/);
    assert.match(await world.lateen("x", "describe", "pod", pod), /posts\.default/);
    await clear();
  });

  test("connections: by identity and port, and rules about requests hold them back", async () => {
    await policy("tcp", {
      rules: [{ from: [{ source: { namespaces: ["default"] } }], to: [{ operation: { ports: ["7000"] } }] }],
    });
    await eventually(async () => assert.doesNotMatch(await bytes("plain"), /echo/));
    assert.match(await bytes("default"), /^echo$/);
    assert.doesNotMatch(await bytes("foo"), /echo/);
    await policy("tcp", { rules: [{ to: [{ operation: { methods: ["GET"], ports: ["7000"] } }] }] });
    await eventually(async () => assert.doesNotMatch(await bytes("default"), /echo/));
    await clear();
    await policy("tcp", { action: "DENY", rules: [{ to: [{ operation: { methods: ["GET"], ports: ["7000"] } }] }] });
    await eventually(async () => assert.doesNotMatch(await bytes("default"), /echo/));
    await allowed("default");
    await clear();
  });

  test("ports that no Service names are no way around", async () => {
    const ip = await world.kubectl("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");
    const hidden = { host: ip, port: 7777 };
    await allowed("plain", hidden);
    await policy("own", { rules: [{ from: [{ source: { namespaces: ["default"] } }] }] });
    await denied("plain");
    await eventually(async () => assert.match(await ask("plain", hidden), /^refused /));
    await clear();
  });

  test("tokens: who may ask depends on what was verified of them", async () => {
    const acme = testIssuer("https://acme.example.com");
    await world.apply(
      JSON.stringify({
        apiVersion: "security.istio.io/v1",
        kind: "RequestAuthentication",
        metadata: { name: "tokens" },
        spec: { selector: { matchLabels: { app: "server" } }, jwtRules: [{ issuer: acme.issuer, jwks: acme.jwks }] },
      }),
    );
    await policy("admins", {
      selector: { matchLabels: { app: "server" } },
      rules: [
        {
          from: [{ source: { requestPrincipals: [`${acme.issuer}/*`] } }],
          when: [{ key: "request.auth.claims[groups]", values: ["admins"] }],
        },
      ],
    });
    const bearing = async (claims: object): Promise<Request> => ({
      headers: { authorization: `Bearer ${await acme.token({ ...claims })}` },
    });
    await denied("default");
    await allowed("plain", await bearing({ groups: ["users", "admins"] }));
    await denied("default", await bearing({ groups: ["users"] }));
    await world.kubectl("delete", "requestauthentication", "tokens");
    await clear();
  });

  test("CUSTOM asks who is to be asked, about what the policy matches", async () => {
    await policy("asked", {
      action: "CUSTOM",
      provider: { name: "authorizer" },
      selector: { matchLabels: { app: "server" } },
      rules: [{ to: [{ operation: { paths: ["/asked*"] } }] }],
    });
    await eventually(async () => assert.match(await ask("default", { path: "/asked" }), /^403 the authorizer denies/));
    const yes = { path: "/asked", headers: { "x-ext-authz": "allow" } };
    assert.match(await ask("default", yes), /^200 GET \/asked asked/);
    assert.match(await ask("default", { path: "/other" }), /^200 GET \/other/);
    await policy("asked", { action: "CUSTOM", provider: { name: "nobody" }, rules: [{}] });
    await denied("default", yes);
    await eventually(async () => {
      const path = 'jsonpath={.status.conditions[?(@.type=="ProviderFound")].reason}';
      assert.equal(await world.kubectl("get", "authorizationpolicy", "asked", "-o", path), "ProviderNotFound");
    });
    await clear();
  });

  test("a policy that is only tried denies nothing, and what it would do is known", async () => {
    await policy("tried", { action: "DENY", rules: [{}] }, { "istio.io/dry-run": "true" });
    const pod = await server();
    await eventually(async () => {
      const said = await world.lateen("x", "authz", "check", pod, "--from", "default/client", "--to", "GET", "/");
      assert.match(said, /only tried: would be denied: rule 0 of tried\.default \(DENY\)/);
    });
    await eventually(async () => {
      assert.match(await ask("default"), /^200 /);
      const stats = await world.kubectl(...["exec", pod, "-c", "app", "--", "/lateen/node", "-e", STATS]);
      assert.match(stats, /istio_dry_run_deny_\.?shadow_denied: [1-9]/);
    });
    await clear();
  });

  test("a gateway denies and allows who comes from outside, before anything behind it is asked", async () => {
    await world.apply(GATEWAY);
    const url = await world.gateway("istio-ingressgateway", "istio-system");
    const status = async (host: string, path = "/"): Promise<number> =>
      (await get(url + path, { headers: { host } })).status;
    await eventually(async () => assert.equal(await status("server.example.com"), 200));
    await policy(
      "ingress",
      {
        selector: { matchLabels: { istio: "ingressgateway" } },
        action: "DENY",
        rules: [{ to: [{ operation: { hosts: ["server.example.com"], paths: ["/admin*"] } }] }],
      },
      {},
      "istio-system",
    );
    await eventually(async () => assert.equal(await status("server.example.com", "/admin"), 403));
    for (const host of ["SERVER.example.com", "server.example.com:80"]) assert.equal(await status(host, "/admin"), 403);
    assert.equal(await status("server.example.com", "/%61dmin"), 403);
    assert.equal(await status("server.example.com", "/other"), 200);
    const gateway = "deployment/istio-ingressgateway.istio-system";
    const said = await world.tryLateen(
      "x",
      "authz",
      "check",
      gateway,
      "--host",
      "server.example.com",
      "--to",
      "GET",
      "/admin",
    );
    assert.match(said.stdout, /denied: rule 0 of ingress\.istio-system \(DENY\)/);
    await clear();
  });

  test("policies change under load, and nobody notices who is allowed all the time", async () => {
    const url = await world.gateway("istio-ingressgateway", "istio-system");
    const load = startLoad(url, { headers: { host: "server.example.com" }, clients: 4 });
    for (const name of ["a", "b", "c"]) {
      await policy("changing", {
        rules: [{ to: [{ operation: { methods: ["GET"] } }] }, { to: [{ operation: { paths: [`/${name}`] } }] }],
      });
      await allowed("default", { method: "POST", path: `/${name}` });
      await denied("default", { method: "POST", path: "/d" });
    }
    const { requests, failures } = await load.stop();
    console.log(`${requests} requests while policies changed, ${failures.length} failed`);
    assert.ok(requests > 50);
    assert.deepEqual(failures, []);
    await clear();
  });
});

const STATS = `require("http").get("http://127.0.0.1:15000/stats?filter=dry_run", async (answer) => {
  for await (const part of answer.setEncoding("utf8")) process.stdout.write(part);
})`;

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ingress}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [server.example.com]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server}
spec:
  hosts: [server.example.com]
  gateways: [ingress]
  http: [{route: [{destination: {host: server, port: {number: 8080}}}]}]
`;
