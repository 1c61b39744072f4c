/** The cluster that the tests of this folder stand on. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { requireInit, running, stop } from "../../scripts/cluster/control.ts";
import { down } from "../../scripts/cluster/down.ts";
import { importImages } from "../../scripts/cluster/images/import.ts";
import { makeImages } from "../../scripts/cluster/images/make.ts";
import { RECIPES } from "../../scripts/cluster/images/recipes.ts";
import { instance } from "../../scripts/cluster/instance.ts";
import { kubectl } from "../../scripts/cluster/kubectl.ts";
import { cgroupsOf } from "../../scripts/cluster/node/cgroups.ts";
import { addressesOfRunning } from "../../scripts/cluster/node/link.ts";
import { initOf } from "../../scripts/cluster/node/processes.ts";
import { run } from "../../scripts/cluster/run.ts";
import { up } from "../../scripts/cluster/up.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/world.ts";

const cluster = instance("own-test");
const k = (...args: string[]): string => kubectl(cluster, args, { cwd: ROOT });
let machineBefore: Record<string, string[]>;

before(async () => {
  await down(cluster, false);
  machineBefore = machine();
  await up(cluster, console.log);
  const recipes = [...(RECIPES.bookinfo ?? []), ...(RECIPES.curl ?? [])];
  importImages(requireInit(cluster), await makeImages(recipes, console.log));
  k("apply", "-f", "samples/bookinfo/platform/kube/bookinfo.yaml", "-f", "samples/curl/curl.yaml");
  k("wait", "--for=condition=Available", "deployment", "--all", "--timeout=120s");
});
after(() => down(cluster, true));

test("pods find each other by name, and nothing outside the cluster", async () => {
  const fromPod = (...args: string[]): string =>
    k("exec", "deploy/curl", "--", "curl", "-sS", "--max-time", "5", ...args);
  await eventually(() => assert.match(fromPod("productpage:9080/productpage"), /<title>Simple Bookstore App</));
  assert.match(fromPod("-k", "https://kubernetes.default/readyz"), /Unauthorized|Forbidden|^ok$/);
  assert.throws(() => fromPod("http://example.com"), /Could not resolve host/);
  assert.throws(() => fromPod("http://192.0.2.1"), /Couldn't connect/);
});

test("this machine reaches Services of type LoadBalancer at addresses of their own", async () => {
  k(
    "expose",
    "deployment",
    "details-v1",
    "--name=details-outside",
    "--type=LoadBalancer",
    "--port=80",
    "--target-port=9080",
  );
  k("wait", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "service/details-outside", "--timeout=20s");
  const address = k("get", "service", "details-outside", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}");
  await eventually(async () => {
    const answer = await fetch(`http://${address}/details/0`);
    assert.equal(answer.status, 200);
  });
});

test("a cluster whose components were killed is brought up again, and its pods have gone on", async () => {
  const before = k("get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[*].containerID}");
  for (const component of ["kubelet", "containerd", "kube-apiserver", "etcd"] as const) {
    await stop(cluster, component, "SIGKILL");
    assert.equal(running(cluster).has(component), false);
  }
  await up(cluster, () => {});
  assert.equal(k("get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[*].containerID}"), before);
});

test("a cluster that went down leaves no process, mount, link, route, rule or cgroup", async () => {
  assert.notEqual(initOf(cluster), undefined);
  assert.notDeepEqual(cgroupsOf(cluster), []);
  assert.notDeepEqual(processesIn(cluster.cgroup), []);
  await down(cluster, false);
  assert.equal(initOf(cluster), undefined);
  assert.equal(addressesOfRunning(cluster), undefined);
  assert.deepEqual(cgroupsOf(cluster), []);
  assert.deepEqual(processesIn(cluster.cgroup), []);
  assert.deepEqual(machine(), machineBefore);
  assert.deepEqual(readdirSync(`${cluster.var}/lib`), ["containerd"]);
});

/** What clusters make, as the machine sees it: nothing, but for other clusters' links. */
function machine(): Record<string, string[]> {
  const lines = (text: string, pattern: RegExp): string[] => text.split("\n").filter((line) => pattern.test(line));
  const rules = spawnSync("iptables-save", { encoding: "utf8" }).stdout ?? "";
  return {
    mounts: lines(readFileSync("/proc/self/mounts", "utf8"), /kubelet|containerd|own-test|\/cni-/),
    links: lines(run("ip", ["link"]), /own-test| (veth|pods)/),
    routes: lines(run("ip", ["route", "show", "table", "all"]), /10\.(244|96)\./),
    rules: lines(rules, /KUBE-|CNI-/),
    namespaces: lines(run("ip", ["netns", "list"]), /^cni-/),
    forwarding: [readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")],
  };
}

function processesIn(cgroup: string): string[] {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`/${cgroup}`);
    } catch {
      return false;
    }
  });
}
