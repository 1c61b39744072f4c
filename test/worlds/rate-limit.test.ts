/** RateLimits as a user writes them, at the ingress gateway and at a sidecar, counted by proxies and by the service. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { get } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";

const CLIENTS = ["alice", "bob"];

describe("rate limits", { timeout: 400_000 }, () => {
  const world = openWorld();
  let url: string;

  const ask = (path: string, headers: Record<string, string> = {}) => get(`${url}${path}`, { headers });
  const passes = async (times: number, path: string, headers?: Record<string, string>): Promise<number> => {
    let count = 0;
    for (let i = 0; i < times; i++) if ((await ask(path, headers)).status === 200) count++;
    return count;
  };
  /** Statuses of so many requests of a pod in the mesh to httpbin. */
  const asPod = async (pod: string, times: number, path: string): Promise<string[]> => {
    const curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} "];
    const urls = Array.from({ length: times }, () => ["-o", "/dev/null", `http://httpbin:8000${path}`]).flat();
    const said = await world.kubectl("exec", pod, "-c", "app", "--", ...curl, ...urls.slice(2));
    return said.trim().split(" ");
  };
  const enforced = (name: string, namespace: string, status: string): Promise<void> =>
    eventually(async () => {
      const path = 'jsonpath={.status.conditions[?(@.type=="Enforced")].status}';
      assert.equal(await world.kubectl("get", "ratelimit", name, "-n", namespace, "-o", path), status);
    });

  before(async () => {
    await world.start("up");
    await world.deploy("httpbin/httpbin.yaml");
    await world.apply(CLIENTS.map(client).join("---\n"));
    await world.kubectl("wait", "--for=condition=ready", "--timeout=120s", "pod", ...CLIENTS);
    await world.apply(ROUTE);
    url = await world.gateway("istio-ingressgateway", "istio-system");
    await eventually(async () => assert.equal((await ask("/status/200")).status, 200));
  });
  after(() => world.end());

  test("what is wrong is refused, with where it is and what to do", async () => {
    const bad = limits("bad", "default", "", [
      "{name: a, limit: {requests: 1, per: soon}}",
      "{name: b, limit: {requests: 1, per: 1m}, onUnavailable: Deny}",
      "{name: c, limit: {requests: 1, per: 1m}, by: [{header: x-forwarded-for}]}",
    ]);
    const { status, stderr } = await world.tryKubectl(["apply", "-f", "-"], bad);
    assert.notEqual(status, 0);
    // a cluster's API server checks some of it by the definition, before it asks us
    assert.match(stderr, /spec\.rules\[[01]\]/);
    const forged = limits("bad", "default", "", [
      "{name: c, limit: {requests: 1, per: 1m}, by: [{header: x-forwarded-for}]}",
    ]);
    const refused = await world.tryKubectl(["apply", "-f", "-"], forged);
    assert.match(refused.stderr, /spec\.rules\[0\]\.by\[0\]\.header.*source: Address/s);
  });

  test("a limit at the ingress gateway, until it is taken away", async () => {
    await world.apply(
      limits("edge", "istio-system", INGRESS, [
        "{name: anything, match: {paths: [/anything]}, limit: {requests: 2, per: 744h}}",
      ]),
    );
    await enforced("edge", "istio-system", "True");
    await eventually(async () => assert.equal((await ask("/anything")).status, 429));
    const { headers, body } = await ask("/anything");
    assert.equal(headers["ratelimit-policy"], '"edge/anything";q=2;w=2678400');
    assert.match(String(headers["retry-after"]), /^\d+$/);
    assert.match(body, /edge\/anything/);
    assert.equal(await passes(5, "/status/200"), 5);
    await world.kubectl("delete", "ratelimit", "edge", "-n", "istio-system");
    await eventually(async () => assert.equal((await ask("/anything")).status, 200));
  });

  test("a limit at a sidecar for each calling service account, by its certificate", async () => {
    await world.apply(
      limits("httpbin", "default", "targetRefs: [{kind: Service, name: httpbin}]", [
        "{name: callers, match: {paths: [/ip]}, by: [{identity: ServiceAccount}], limit: {requests: 3, per: 744h}}",
      ]),
    );
    await enforced("httpbin", "default", "True");
    await eventually(async () => assert.deepEqual(await asPod("alice", 1, "/ip"), ["429"]));
    assert.deepEqual(await asPod("bob", 5, "/ip"), ["200", "200", "200", "429", "429"]);
    assert.match(await world.lateen("x", "ratelimit", "httpbin"), /default\/httpbin +callers +Local .* [1-9]\d* +-$/m);
  });

  test("a global limit, counted by the service; when that is away the rule's own choice holds", async () => {
    await world.countRateLimits();
    await world.apply(
      limits("global", "istio-system", INGRESS, [
        "{name: closed, match: {paths: [/get]}, by: [{header: x-api-key}], limit: {requests: 2, per: 744h}, scope: Global, onUnavailable: Deny}",
        "{name: open, match: {paths: [/headers]}, limit: {requests: 2, per: 744h}, scope: Global}",
      ]),
    );
    const deployment = ["deployment/lateen-ratelimit", "-n", "istio-system"];
    await eventually(() => world.kubectl("get", ...deployment), 60_000);
    await world.kubectl("wait", "--for=condition=available", "--timeout=120s", ...deployment);
    await enforced("global", "istio-system", "True");
    await eventually(async () => assert.equal((await ask("/get", { "x-api-key": "warm-up" })).status, 429));
    assert.equal(await passes(4, "/get", { "x-api-key": "a" }), 2);
    assert.equal(await passes(4, "/get", { "x-api-key": "b" }), 2);
    await eventually(async () => assert.equal((await ask("/headers")).status, 429));
    const shown = await world.lateen("x", "ratelimit", "global");
    assert.match(shown, /istio-system\/global +closed +Global .* header x-api-key .*…#/);

    await world.kubectl("scale", ...deployment, "--replicas=0");
    await eventually(async () => assert.equal((await ask("/headers")).status, 200));
    assert.equal((await ask("/get", { "x-api-key": "c" })).status, 503);
    await world.kubectl("scale", ...deployment, "--replicas=1");
    await eventually(async () => assert.equal((await ask("/get", { "x-api-key": "d" })).status, 200), 60_000);
  });
});

const INGRESS = "selector: {matchLabels: {istio: ingressgateway}}";

function limits(name: string, namespace: string, target: string, rules: readonly string[]): string {
  return `
apiVersion: policy.lateen.dev/v1
kind: RateLimit
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  ${target}
  rules:
${rules.map((rule) => `  - ${rule}`).join("\n")}
`;
}

function client(name: string): string {
  return `
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}}
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  serviceAccountName: ${name}
  terminationGracePeriodSeconds: 0
  containers:
  - {name: app, image: "docker.io/curlimages/curl:8.16.0", command: [/bin/sleep, infinity]}
`;
}

const ROUTE = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: istio-system}
spec:
  hosts: ["*"]
  gateways: [edge]
  http: [{route: [{destination: {host: httpbin.default.svc.cluster.local, port: {number: 8000}}}]}]
`;
