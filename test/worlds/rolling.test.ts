/** Every workload is restarted while it is in use, and nobody who uses it notices. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { get, type Load, startLoad } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";

/** An image with Node.js at a place that is the same in both worlds. */
const IMAGE = "docker.io/istio/examples-bookinfo-details-v1:1.20.3";

/** Takes no more connections as soon as it is told to end, as many do, and finishes what it has. */
const ABRUPT = `const server = require("http").createServer((incoming, outgoing) => {
  incoming.resume().on("end", () => setTimeout(() => outgoing.end("done"), 20));
}).listen(8080);
process.on("SIGTERM", () => server.close(() => process.exit(0)));`;

/** Its pod counts as ready long before it listens. */
const LATE = `setTimeout(() => { ${ABRUPT.replaceAll("const server", "globalThis.server")} }, 1000);`;

describe("a rolling restart under load", { timeout: 600_000 }, () => {
  const world = openWorld();
  const loads = new Map<string, Load>();

  before(async () => {
    await world.start("demo");
    await world.apply(
      JSON.stringify({ apiVersion: "v1", kind: "List", items: [...app("abrupt", ABRUPT), ...app("late", LATE)] }),
    );
    const url = await world.bookinfo();
    for (const path of ["/abrupt", "/late", "/productpage"]) {
      await eventually(async () => assert.equal((await get(`${url}${path}`)).status, 200), 120_000);
    }
    loads.set("productpage", startLoad(`${url}/productpage`));
    loads.set("abrupt", startLoad(`${url}/abrupt`, { post: "some body" }));
    loads.set("late", startLoad(`${url}/late`, { post: "some body" }));
  });
  after(async () => {
    for (const load of loads.values()) await load.stop();
    await world.end();
  });

  /** Restarts them, and waits until nothing is left of what was before. */
  const restart = async (...deployments: string[]): Promise<void> => {
    for (const load of loads.values()) load.step(deployments.join(" "));
    const names = deployments.map((name) => `deployment/${name}`);
    const pods = async (): Promise<Set<string>> =>
      new Set((await world.kubectl("get", "pods", "-o", "name")).trim().split("\n"));
    await world.kubectl("rollout", "restart", ...names);
    for (const name of names) await world.kubectl("rollout", "status", "--timeout=120s", name);
    const expected = deployments.length;
    await eventually(async () => {
      const ours = [...(await pods())].filter((pod) => deployments.some((name) => pod.startsWith(`pod/${name}-`)));
      assert.equal(ours.length, expected, ours.join(" "));
    }, 120_000);
  };

  const nothingFailed = async (context: { diagnostic(text: string): void }): Promise<void> => {
    for (const [name, load] of loads) {
      context.diagnostic(`${name}: ${load.count()} requests, ${load.failures().length} failed`);
    }
    for (const [name, load] of loads) {
      assert.deepEqual(load.failures(), [], name);
    }
  };

  test("an application that stops listening as soon as it is told to", async (context) => {
    for (let round = 0; round < 2; round++) await restart("abrupt");
    await nothingFailed(context);
  });

  test("an application that listens a second after its pod is ready", async (context) => {
    for (let round = 0; round < 2; round++) await restart("late");
    await nothingFailed(context);
  });

  test("all that there is, at once", async (context) => {
    await restart("productpage-v1", "details-v1", "ratings-v1", "reviews-v1", "reviews-v2", "reviews-v3", "abrupt");
    await nothingFailed(context);
    const total = [...loads.values()].reduce((sum, load) => sum + load.count(), 0);
    assert.ok(total > 2_000, `${total} requests`);
  });
});

/** A Deployment without probes, its Service, and the way to it through Bookinfo's gateway. */
function app(name: string, script: string): object[] {
  const labels = { app: name };
  const container = {
    name: "app",
    image: IMAGE,
    command: ["/lateen/node", "-e", script],
    ports: [{ containerPort: 8080 }],
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: labels, ports: [{ name: "http", port: 8080 }] },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name },
      spec: {
        parentRefs: [{ name: "bookinfo-gateway" }],
        rules: [
          {
            matches: [{ path: { type: "PathPrefix", value: `/${name}` } }],
            backendRefs: [{ name, port: 8080 }],
          },
        ],
      },
    },
  ];
}
