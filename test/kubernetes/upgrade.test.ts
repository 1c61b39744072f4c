/**
 * A canary upgrade: a second revision of the control plane beside the first, workloads moved over one by one under load,
 * the first one taken away. And back to a plain restart of every workload: no request fails in all of it.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Account } from "../support/account.ts";
import { eventuallyOnly } from "../support/bookinfo.ts";
import { ClusterWorld } from "../support/cluster-world.ts";
import { eventually } from "../support/eventually.ts";
import { type Load, startLoad } from "../support/load.ts";

const GATEWAY = "bookinfo-gateway-istio";

describe("an upgrade by revisions", { timeout: 900_000 }, () => {
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

  const deployments = async (): Promise<string[]> =>
    (await world.kubectl("get", "deployments", "-o", "name")).trim().split("\n");

  /** Restarts every Deployment of namespace default, one after the other. */
  const restartAll = async (): Promise<void> => {
    for (const deployment of await deployments()) {
      load.step(`restarting ${deployment}`);
      await world.kubectl("rollout", "restart", deployment);
      await world.kubectl("rollout", "status", deployment, "--timeout=120s");
    }
  };

  /** The revision that each pod of namespace default was injected by. */
  const revisions = async (): Promise<Set<string>> => {
    const path = 'jsonpath={range .items[*]}{.metadata.annotations.sidecar\\.istio\\.io/status}{"\\n"}{end}';
    const lines = (await world.kubectl("get", "pods", "--field-selector=status.phase=Running", "-o", path)).trim();
    return new Set(lines.split("\n").flatMap((line) => /"revision":"([^"]*)"/.exec(line)?.[1] ?? []));
  };

  test("every workload is restarted", restartAll);

  test("a second revision is installed beside the first, which keeps its proxies", async () => {
    load.step("installing canary");
    const before = Date.now();
    await world.lateen("install", "--set", "profile=minimal", "--revision", "canary", "-y");
    assert.match(await world.kubectl("get", "deployments", "-n", "istio-system"), /istiod-canary\s+1\/1/);
    assert.deepEqual(await revisions(), new Set(["default"]));
    const proxies = await account.proxies();
    assert.ok(proxies.length >= (await deployments()).length);
    const gone = proxies.filter(({ connectedAt }) => connectedAt > before).map(({ proxy }) => proxy.pod);
    assert.deepEqual(gone, [], "they had to connect again");
  });

  test("workloads go over to it as they restart", async () => {
    await world.kubectl("label", "namespace", "default", "istio-injection-", "istio.io/rev=canary", "--overwrite");
    await restartAll();
    await eventually(async () => assert.deepEqual(await revisions(), new Set(["canary"])), 60_000);
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/destination-rule-all.yaml");
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
    await eventuallyOnly(url, ["v3"]);
  });

  test("a tag points the workloads of a namespace at a revision", async () => {
    load.step("tag");
    await world.lateen("tag", "set", "prod", "--revision", "canary");
    assert.match(await world.lateen("tag", "list"), /prod\s+canary/);
    await world.kubectl("label", "namespace", "default", "istio.io/rev=prod", "--overwrite");
    await world.kubectl("rollout", "restart", "deployment/details-v1");
    await world.kubectl("rollout", "status", "deployment/details-v1", "--timeout=120s");
    assert.deepEqual(await revisions(), new Set(["canary"]));
  });

  test("the first revision goes, and what it served goes on", async () => {
    load.step("uninstalling the first");
    await world.kubectl("rollout", "status", `deployment/${GATEWAY}`, "--timeout=120s");
    await world.lateen("uninstall", "--revision", "default", "-y");
    const left = await world.kubectl("get", "deployments", "-n", "istio-system", "-o", "name");
    assert.doesNotMatch(left, /\/istiod\n/);
    assert.match(left, /\/istiod-canary\n/);
    await world.kubectl("delete", "-f", "samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
    await eventuallyOnly(url, ["v1", "v2", "v3"]);
  });

  test("not one request failed", async (context) => {
    const { requests, failures } = await load.stop();
    context.diagnostic(`${requests} requests, ${failures.length} failed`);
    assert.deepEqual(failures.slice(0, 10), []);
    assert.ok(requests > 2_000);
  });
});
