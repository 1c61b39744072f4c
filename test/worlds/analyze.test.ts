/** The mistakes that the walk's reader can make, made with kubectl, and found by `lateen analyze`. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { openWorld } from "../support/open-world.ts";

interface Message {
  code: string;
  level: string;
  origin: string;
  reference?: string;
  message: string;
  remedy?: string;
}

describe("analysis", { timeout: 600_000 }, () => {
  const world = openWorld();
  const folder = mkdtempSync(join(tmpdir(), "lateen-analyze-"));

  before(() => world.start("demo"));
  after(async () => {
    rmSync(folder, { recursive: true });
    await world.end();
  });

  const analyze = async (...args: string[]): Promise<Message[]> =>
    JSON.parse(await world.lateen("analyze", "-o", "json", ...args));

  const told = async (...args: string[]): Promise<string[]> =>
    (await analyze(...args)).map(({ code, origin }) => `${code} ${origin}`);

  /** Applies, looks, and takes it away again. */
  async function toldOf(yaml: string): Promise<string[]> {
    await world.apply(yaml);
    try {
      return await told();
    } finally {
      const { status, stderr } = await world.tryKubectl(["delete", "-f", "-"], yaml);
      assert.equal(status, 0, stderr);
    }
  }

  const routes = (name: string, spec: object): string =>
    JSON.stringify({ apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: { name }, spec });
  const to = (destination: object): object[] => [{ route: [{ destination }] }];

  test("of a world in which all is well nothing is said", async () => {
    const { status, stdout, stderr } = await world.tryLateen("analyze");
    assert.equal(stderr, "✔ No validation issues found when analyzing namespace: default.\n");
    assert.equal(stdout, "");
    assert.equal(status, 0);
    assert.deepEqual(await told("--all-namespaces"), []);
  });

  test("a pod and a service are described, with their proxy's state and the gateway before them", async () => {
    const pods = await world.kubectl("get", "pods", "-l", "app=productpage", "-o", "name");
    const pod = await world.lateen("x", "describe", "pod", pods.trim().replace("pod/", ""));
    assert.match(pod, /^ {3}Proxy: in sync$/m);
    assert.match(pod, /^Service: productpage\n {3}Port: http 9080\/HTTP targets pod port 9080$/m);
    assert.match(pod, /^HTTPRoute: \S+ of Gateway bookinfo-gateway/m);
    const service = await world.lateen("x", "describe", "service", "reviews");
    assert.match(service, /^ {3}Pods: reviews-v1-\S+, reviews-v2-\S+, reviews-v3-\S+$/m);
    assert.match((await world.tryLateen("x", "describe", "pod", "nobody")).stderr, /LTN5068.*no pod nobody/);
  });

  test("hosts, subsets and gateways that there are not", async () => {
    assert.deepEqual(await toldOf(routes("a", { hosts: ["a.com"], http: to({ host: "reviewz" }) })), [
      "IST0101 VirtualService default/a",
    ]);
    assert.deepEqual(await toldOf(routes("a", { hosts: ["a.com"], http: to({ host: "reviews", subset: "v9" }) })), [
      "IST0101 VirtualService default/a",
    ]);
    const edge = { hosts: ["a.com"], gateways: ["edge"], http: to({ host: "reviews" }) };
    assert.deepEqual(await toldOf(routes("a", edge)), ["IST0101 VirtualService default/a"]);
  });

  test("two VirtualServices for one host, and rules that are never reached", async () => {
    const first = routes("a", { hosts: ["reviews"], http: to({ host: "reviews" }) });
    const second = routes("b", { hosts: ["reviews"], http: [...to({ host: "reviews" }), ...to({ host: "ratings" })] });
    const both = { apiVersion: "v1", kind: "List", items: [first, second].map((each) => JSON.parse(each)) };
    assert.deepEqual(await toldOf(JSON.stringify(both)), [
      "IST0109 VirtualService default/a",
      "IST0109 VirtualService default/b",
      "IST0130 VirtualService default/b",
    ]);
  });

  test("a gateway's selector, port and credential", async () => {
    const gateway = (server: object, selector = { istio: "ingressgateway" }): string =>
      JSON.stringify({
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: "edge" },
        spec: { selector, servers: [{ hosts: ["a.com"], ...server }] },
      });
    const http = { port: { number: 80, name: "http", protocol: "HTTP" } };
    assert.deepEqual(await toldOf(gateway(http, { istio: "ingresgateway" })), ["IST0101 Gateway default/edge"]);
    const odd = { port: { number: 9999, name: "http", protocol: "HTTP" } };
    assert.deepEqual(await toldOf(gateway(odd)), ["IST0162 Gateway default/edge"]);
    const https = {
      port: { number: 443, name: "https", protocol: "HTTPS" },
      tls: { mode: "SIMPLE", credentialName: "nowhere" },
    };
    assert.deepEqual(await toldOf(gateway(https)), ["IST0101 Gateway default/edge"]);
  });

  test("subsets without pods, and a Service's port that does not name its protocol", async () => {
    const rule = { host: "details", subsets: [{ name: "v9", labels: { version: "v9" } }] };
    const metadata = { name: "details" };
    assert.deepEqual(
      await toldOf(
        JSON.stringify({ apiVersion: "networking.istio.io/v1", kind: "DestinationRule", metadata, spec: rule }),
      ),
      ["IST0173 DestinationRule default/details"],
    );
    const ports = [{ name: "web", port: 80 }];
    assert.deepEqual(
      await toldOf(JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "odd" }, spec: { ports } })),
      ["IST0118 Service default/odd"],
    );
  });

  test("an HTTPRoute to a service that there is not, by its own status", async () => {
    const spec = {
      parentRefs: [{ name: "bookinfo-gateway" }],
      rules: [{ backendRefs: [{ name: "nobody", port: 9080 }] }],
    };
    const route = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata: { name: "lost" }, spec };
    await world.apply(JSON.stringify(route));
    await eventually(async () => assert.deepEqual(await told(), ["IST0171 HTTPRoute default/lost"]));
    await world.kubectl("delete", "httproute", "lost");
  });

  test("a namespace that says nothing of injection, and a pod from before it did", async () => {
    await world.kubectl("create", "namespace", "quiet");
    assert.deepEqual(await told("-n", "quiet"), ["IST0102 Namespace quiet"]);
    await world.kubectl("run", "old", "-n", "quiet", "--image=curlimages/curl", "--", "sleep", "infinity");
    await world.kubectl("label", "namespace", "quiet", "istio-injection=enabled");
    assert.deepEqual(await told("-n", "quiet"), ["IST0103 Pod quiet/old"]);
    await world.kubectl("delete", "namespace", "quiet");
  });

  test("a file over what there is: with its line, its remedy, and exit status 79", async () => {
    const file = join(folder, "vs.yaml");
    const lines = [
      "apiVersion: networking.istio.io/v1",
      "kind: VirtualService",
      "metadata:",
      "  name: reviews",
      "spec:",
    ];
    const http = [
      "  hosts: [reviews]",
      "  http:",
      "    - route:",
      "        - destination:",
      "            host: reviewz",
    ];
    writeFileSync(file, `${[...lines, ...http].join("\n")}\n`);
    const { status, stdout } = await world.tryLateen("analyze", file);
    assert.equal(status, 79);
    assert.equal(
      stdout,
      `Error [IST0101] (VirtualService default/reviews ${file}:10) Referenced host not found: "reviewz"\n  Did you mean "reviews"?\n`,
    );
    assert.equal((await world.tryKubectl(["get", "virtualservice", "reviews"])).status, 1);
  });
});
