/** VirtualService and DestinationRule at work in real traffic: what Bookinfo's walk does not show. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { openWorld } from "../support/open-world.ts";

const HERE = { destination: { host: "httpbin" } };

describe("traffic between two pods", { timeout: 180_000 }, () => {
  const world = openWorld();

  before(async () => {
    await world.start("up");
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled");
    await world.kubectl("apply", "-f", "samples/curl/curl.yaml", "-f", "samples/httpbin/httpbin.yaml");
    await world.kubectl("scale", "deploy/httpbin", "--replicas=3");
    await world.kubectl("rollout", "status", "--timeout=60s", "deploy/httpbin");
    await world.kubectl("rollout", "status", "--timeout=60s", "deploy/curl");
    await world.kubectl("create", "service", "clusterip", "shadow", "--tcp=8000:8080");
    await world.kubectl("patch", "service", "shadow", "-p", '{"spec":{"selector":{"app":"httpbin"}}}');
    await eventually(async () => assert.match(await curl("/hostname"), /\n200$/));
  });
  after(() => world.end());

  const curl = async (path: string, ...args: string[]): Promise<string> => {
    const command = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", ...args, `http://httpbin:8000${path}`];
    return (await world.kubectl("exec", "deploy/curl", "-c", "curl", "--", ...command)).trim();
  };

  const object = (kind: string, spec: object): string =>
    JSON.stringify({ apiVersion: "networking.istio.io/v1", kind, metadata: { name: "httpbin" }, spec });
  const route = (...http: object[]): Promise<string> =>
    world.apply(object("VirtualService", { hosts: ["httpbin"], http }));
  const policy = (trafficPolicy: object): Promise<string> =>
    world.apply(object("DestinationRule", { host: "httpbin", trafficPolicy }));

  /** The pods that answered, of `count` requests in one go. */
  const pods = async (count: number, ...args: string[]): Promise<Set<string>> => {
    const script = `for i in $(seq ${count}); do curl -s ${args.join(" ")} http://httpbin:8000/hostname; done`;
    const said = await world.kubectl("exec", "deploy/curl", "-c", "curl", "--", "sh", "-c", script);
    return new Set(said.match(/httpbin-[a-z0-9]+-[a-z0-9]+/g));
  };

  test("a request that takes longer than its route allows is a 504", async () => {
    await route({ route: [HERE], timeout: "0.5s" });
    await eventually(async () => assert.match(await curl("/delay/3"), /\n504$/));
    assert.match(await curl("/hostname"), /\n200$/);
  });

  test("headers are set, added and removed, on the way there and back", async () => {
    const headers = {
      request: { set: { "x-set": "there" }, remove: ["x-secret"] },
      response: { add: { "x-added": "back" } },
    };
    await route({ route: [HERE], headers });
    const said = await eventually(async () => {
      const answer = await curl("/headers", "-i", "-H", "x-secret: 1");
      assert.match(answer, /x-added: back/i);
      return answer;
    });
    assert.match(said, /x-set/i);
    assert.doesNotMatch(said, /x-secret/i);
  });

  test("paths are matched, rewritten, redirected and answered directly", async () => {
    await route(
      { match: [{ uri: { prefix: "/old/" } }], rewrite: { uri: "/" }, route: [HERE] },
      { match: [{ uri: { exact: "/moved" } }], redirect: { uri: "/hostname", redirectCode: 302 } },
      {
        match: [{ queryParams: { tea: { exact: "yes" } } }],
        directResponse: { status: 418, body: { string: "teapot" } },
      },
      { route: [HERE] },
    );
    await eventually(async () => assert.match(await curl("/old/hostname"), /httpbin-.*\n200$/s));
    assert.match(await curl("/moved", "-i"), /location: http:\/\/httpbin:8000\/hostname.*\n302$/is);
    assert.match(await curl("/get?tea=yes"), /teapot\n418$/);
    assert.match(await curl("/get?tea=no"), /\n200$/);
  });

  test("a fault aborts the share of requests that it says, with the status that it says", async () => {
    await route({ fault: { abort: { percentage: { value: 100 }, httpStatus: 451 } }, route: [HERE] });
    await eventually(async () => assert.match(await curl("/hostname"), /\n451$/));
  });

  /** Requests that the client's Envoy has sent to a service so far, attempts and copies included. */
  const sentTo = async (service: string): Promise<number> => {
    const stats = ["curl", "-s", "localhost:15000/clusters"];
    const said = await world.kubectl("exec", "deploy/curl", "-c", "istio-proxy", "--", ...stats);
    const lines = said.split("\n").filter((line) => line.startsWith(`outbound|8000||${service}.default.`));
    return lines.reduce((sum, line) => sum + Number(/rq_total::(\d+)$/.exec(line)?.[1] ?? 0), 0);
  };

  test("a failed request is tried again as often as its route says, and by default not for its status", async () => {
    await route({ route: [HERE] });
    await eventually(async () => assert.match(await curl("/status/503"), /^503$/));
    const before = await sentTo("httpbin");
    await curl("/status/503");
    assert.equal((await sentTo("httpbin")) - before, 1);
    await route({ route: [HERE], retries: { attempts: 3, retryOn: "5xx" } });
    await eventually(async () => {
      const earlier = await sentTo("httpbin");
      assert.match(await curl("/status/503"), /^503$/);
      assert.equal((await sentTo("httpbin")) - earlier, 4);
    });
  });

  test("a mirror gets a copy of every request", async () => {
    await route({
      route: [HERE],
      mirror: { host: "shadow", port: { number: 8000 } },
      mirrorPercentage: { value: 100 },
    });
    await eventually(async () => {
      await curl("/hostname");
      assert.ok((await sentTo("shadow")) >= 3);
    });
  });

  test("consistent hashing sends one user to one pod, and many users to several", async () => {
    await route({ route: [HERE] });
    await policy({ loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } });
    await eventually(async () => assert.equal((await pods(20, "-H", "x-user:jason")).size, 1));
    assert.ok((await pods(30, "-H", "x-user:$i")).size > 1);
    await policy({ loadBalancer: { simple: "ROUND_ROBIN" } });
    await eventually(async () => assert.equal((await pods(20, "-H", "x-user:jason")).size, 3));
  });

  test("every proxy accepted all of it", async () => {
    await eventually(async () => assert.deepEqual(await new Account(world).outOfSync(), []));
  });
});
