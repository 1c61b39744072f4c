/** What breaks on a cluster, and what its users must not notice: under load, no request fails because of any of it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Account } from "../support/account.ts";
import { eventuallyOnly } from "../support/bookinfo.ts";
import { ClusterWorld } from "../support/cluster-world.ts";
import { eventually } from "../support/eventually.ts";
import { type Load, startLoad } from "../support/load.ts";

const ISTIOD = ["-n", "istio-system", "-l", "app=istiod"];

/**
 * How late Kubernetes itself may be. What has lost the API server asks it again ever more rarely, up to a minute apart: after
 * it was away, the kubelet and kube-proxy hear of what is new long after everybody else.
 */
const LATE_MS = 180_000;

describe("bad luck on a cluster", { timeout: 900_000 }, () => {
  const world = new ClusterWorld();
  const account = new Account(world);
  let load: Load;
  let url = "";

  before(async () => {
    await world.start("demo");
    url = await world.bookinfo();
    await eventuallyOnly(url, ["v1", "v2", "v3"]);
    load = startLoad(`${url}/productpage`);
  });
  after(async () => {
    await load?.stop();
    await world.end();
  });

  /** Names a step, and lets the load see it. */
  const during = async (step: string, work: () => Promise<unknown>): Promise<void> => {
    load.step(step);
    await work();
    const counted = load.count();
    await eventually(() => assert.ok(load.count() > counted + 50), 120_000);
  };

  const kubectlLate = (...args: string[]): Promise<string> => eventually(() => world.kubectl(...args), LATE_MS);

  const routesTakeEffect = async (): Promise<void> => {
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/destination-rule-all.yaml");
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
    await eventuallyOnly(url, ["v3"]);
    await world.kubectl("delete", "-f", "samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
    await eventuallyOnly(url, ["v1", "v2", "v3"]);
  };

  test("the control plane's pod is killed and comes back", async () => {
    await during("istiod killed", () => world.kubectl("delete", "pod", ...ISTIOD, "--grace-period=0", "--force"));
    await world.kubectl("rollout", "status", "-n", "istio-system", "deployment/istiod", "--timeout=120s");
    await eventually(async () => assert.deepEqual(await account.outOfSync(), []), 60_000);
    await during("after istiod's return", routesTakeEffect);
  });

  test("one of two replicas dies, and its proxies go to the other, which resends nothing", async (context) => {
    await world.kubectl("scale", "-n", "istio-system", "deployment/istiod", "--replicas=2");
    await world.kubectl("rollout", "status", "-n", "istio-system", "deployment/istiod", "--timeout=120s");
    const served: { istiod: string }[] = JSON.parse(await world.lateen("proxy-status", "-o", "json"));
    const [busiest] = [...Map.groupBy(served, ({ istiod }) => istiod)].sort(([, a], [, b]) => b.length - a.length);
    assert.ok(busiest);
    const [replica, { length: held }] = busiest;
    const proxies = served.length;
    const killed = Date.now();
    await during("a replica killed", () =>
      world.kubectl("delete", "pod", "-n", "istio-system", replica, "--grace-period=0", "--force"),
    );
    await eventually(async () => assert.equal((await account.proxies()).length, proxies), 60_000);
    const moved = (await account.proxies()).filter(({ connectedAt }) => connectedAt > killed);
    assert.ok(moved.length >= held, `${held} lost their replica, and ${moved.length} of them came back`);
    context.diagnostic(`${moved.length} of ${proxies} proxies went to the other replica`);
    for (const { proxy, types } of moved) {
      const resources = types.reduce((all, { counters }) => all + counters.resources, 0);
      assert.equal(resources, 0, `${proxy.pod} was sent ${resources} resources that it had`);
    }
    await during("after a replica's end", routesTakeEffect);
  });

  test("the Kubernetes API is away for a minute", async () => {
    // a controller manager that cannot renew its lease ends too; one that stayed would take the node for dead
    const minute = (): Promise<void> => world.without("apiserver", () => sleep(60_000));
    await during("no API", () => world.without("controller-manager", minute));
    await eventually(() => world.kubectl("get", "--raw", "/readyz"), 60_000);
    await during("after the API's return", routesTakeEffect);
  });

  test("nobody answers the webhooks: what is not of the mesh still starts, and the mesh's refusal says why", async () => {
    await world.kubectl("scale", "-n", "istio-system", "deployment/istiod", "--replicas=0");
    await kubectlLate("wait", "--for=delete", "pod", ...ISTIOD, "--timeout=60s");
    await during("no webhooks", async () => {
      await world.kubectl("create", "namespace", "outside");
      const pod = ["--image=busybox:1.36", "--image-pull-policy=Never", "--", "sleep", "60"];
      // the controller manager's, without which no pod is let in; the pod itself has one try: no webhook may refuse it
      await kubectlLate("get", "serviceaccount", "default", "-n", "outside");
      await world.kubectl("run", "stranger", "-n", "outside", ...pod);
      await kubectlLate("wait", "--for=condition=ready", "-n", "outside", "pod/stranger", "--timeout=60s");
      await world.kubectl("delete", "pod", "-n", "kube-system", "-l", "k8s-app=kube-dns");
      await kubectlLate("rollout", "status", "-n", "kube-system", "deployment/coredns", "--timeout=60s");
      const { status, stderr } = await world.tryKubectl(["run", "member", ...pod]);
      assert.notEqual(status, 0);
      assert.match(stderr, /istio/);
    });
    await world.kubectl("scale", "-n", "istio-system", "deployment/istiod", "--replicas=1");
    await world.kubectl("rollout", "status", "-n", "istio-system", "deployment/istiod", "--timeout=120s");
    // ready it is; but it is reached once kube-proxy knows where it is
    await kubectlLate("apply", "--dry-run=server", "-f", "samples/bookinfo/networking/destination-rule-all.yaml");
    await eventually(async () => assert.deepEqual(await account.outOfSync(), []), LATE_MS);
    await during("after the webhooks' return", routesTakeEffect);
  });

  test("the node's kubelet restarts", async () => {
    await during("kubelet down", () => world.without("kubelet", () => sleep(5_000)));
    await eventually(async () => assert.match(await world.kubectl("get", "nodes"), /\sReady\s/), 60_000);
    await during("after the kubelet's return", routesTakeEffect);
  });

  test("not one request failed", async (context) => {
    const { requests, failures } = await load.stop();
    context.diagnostic(`${requests} requests, ${failures.length} failed`);
    assert.deepEqual(failures.slice(0, 10), []);
    assert.ok(requests > 2_000);
  });
});
