/**
 * What happens when the control process dies: traffic goes on, nothing acknowledged is lost, and when it is back the
 * proxies reconnect without being sent what they have.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventuallyOnly } from "../support/bookinfo.ts";
import { eventually } from "../support/eventually.ts";
import { get, startLoad } from "../support/load.ts";
import { LocalWorld } from "../support/local-world.ts";

interface Synced {
  proxy: { pod: string };
  synced: boolean;
  types: { type: string; counters: { bytes: number; resources: number }; rejections: unknown[] }[];
}

const LIMIT = `
apiVersion: policy.lateen.dev/v1
kind: RateLimit
metadata: {name: one}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: bookinfo-gateway}]
  rules:
  - name: products
    match: {paths: [/api/v1/products/0]}
    by: [{header: x-key}]
    limit: {requests: 1, per: 744h}
    scope: Global
    onUnavailable: Deny
`;

describe("the control process is killed", { timeout: 300_000 }, () => {
  const world = new LocalWorld();
  let url = "";
  let client = "";

  before(async () => {
    await world.start("demo");
    url = await world.bookinfo();
    client = await world.kubectl("get", "pod", "-l", "app=ratings", "-o", "jsonpath={.items[0].metadata.name}");
    await eventuallyOnly(url, ["v1", "v2", "v3"]);
    await world.apply(LIMIT);
    await eventually(async () => assert.equal(await limited("before"), 429), 60_000);
  });
  after(() => world.end());

  const limited = async (key: string): Promise<number> =>
    (await get(`${url}/api/v1/products/0`, { headers: { "x-key": key } })).status;

  test("no request to a host in use fails, a host never used ends in a clear error, and all comes back", async (context) => {
    const { pid } = await world.status();
    await world.kubectl("create", "configmap", "written-before", "--from-literal=it=stays");
    const load = startLoad(`${url}/productpage`);
    context.after(() => load.stop());
    await eventually(() => assert.ok(load.count() > 50));

    load.step("control process dead");
    process.kill(pid, "SIGKILL");
    const counted = load.count();
    await eventually(() => assert.ok(load.count() > counted + 300), 60_000);

    // who counts is a pod too
    assert.deepEqual([await limited("dead"), await limited("dead"), await limited("before")], [200, 429, 429]);

    // the pods are still there, but nobody can say where a host is that was never asked for
    const started = Date.now();
    const answer = await statusFrom(world, client, "http://details.default:9080/details/0");
    assert.match(answer, /^50[34]$/, "a clear error, in bounded time");
    context.diagnostic(`never-used host: ${answer} after ${Date.now() - started} ms`);
    assert.ok(Date.now() - started < 30_000);

    load.step("coming back");
    await world.lateen("up", "--detach");
    assert.equal(await world.kubectl("get", "configmap", "written-before", "-o", "jsonpath={.data.it}"), "stays");
    const proxies = await eventually(async () => {
      const now = await synced(world);
      const sidecars = now.filter(({ proxy }) => /^(productpage|details|ratings|reviews)-v/.test(proxy.pod));
      assert.equal(sidecars.length, 6);
      assert.ok(
        sidecars.every((each) => each.synced),
        JSON.stringify(sidecars.filter((each) => !each.synced)),
      );
      return sidecars;
    });
    for (const { proxy, types } of proxies) {
      const sent = types.reduce((sum, { counters }) => sum + counters.resources, 0);
      // the host that was asked for in vain: its virtual host, its cluster, its endpoints
      const lacking = proxy.pod === client ? 3 : 0;
      assert.equal(sent, lacking, `${proxy.pod} was sent ${JSON.stringify(types)}`);
    }

    load.step("a change after");
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/destination-rule-all.yaml");
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
    await eventuallyOnly(url, ["v3"]);
    await eventually(async () => {
      assert.equal(await statusFrom(world, client, "http://details.default:9080/details/0"), "200");
    });
    const { requests, failures } = await load.stop();
    context.diagnostic(`${requests} requests, ${failures.length} failed`);
    assert.deepEqual(failures.slice(0, 10), []);
  });

  test("after down no process, namespace or link of this world is left", async () => {
    await world.lateen("down");
    assert.deepEqual(world.processes(), []);
  });
});

/** The status that a pod's application gets from a URL. */
async function statusFrom(world: LocalWorld, pod: string, url: string): Promise<string> {
  const answer = await world.inPod(pod, ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url]);
  assert.equal(answer.status, 0, answer.stderr);
  return answer.stdout;
}

async function synced(world: LocalWorld): Promise<Synced[]> {
  const path = "/api/v1/namespaces/istio-system/services/http:istiod:15014/proxy/debug/syncz";
  return JSON.parse(await world.kubectl("get", "--raw", path)) as Synced[];
}
