/** Brings a cluster up, from whatever state it is in. */
import { join } from "node:path";
import { ClusterStore } from "../../src/store/cluster/cluster-store.ts";
import { kubeconfigConnection } from "../../src/store/cluster/kubeconfig.ts";
import type { KubeObject, ResourceType } from "../../src/store/object.ts";
import { installSystemPackages } from "../system-packages.ts";
import { type Addresses, addressesOf } from "./addresses.ts";
import { buildKubernetes } from "./build/kubernetes.ts";
import { buildCoredns, buildInit } from "./build/others.ts";
import type { Component } from "./components.ts";
import { running, start } from "./control.ts";
import { ctr, forgetContainers, importImages } from "./images/import.ts";
import { systemImages } from "./images/system.ts";
import { BINARIES, type Instance, subnetOf } from "./instance.ts";
import { startNode } from "./node/node.ts";
import { initOf } from "./node/processes.ts";
import { makePki } from "./pki.ts";
import { REQUIREMENTS } from "./requirements.ts";
import { run } from "./run.ts";
import { waitFor } from "./wait.ts";

type Say = (line: string) => void;

/** Everything that a cluster is made of, got or built where it is missing. */
function prepare(say: Say): void {
  installSystemPackages(REQUIREMENTS);
  buildInit();
  buildKubernetes(say);
  buildCoredns(say);
}

export async function up(instance: Instance, say: Say): Promise<void> {
  prepare(say);
  const fresh = initOf(instance) === undefined;
  const addresses = fresh ? await startNode(instance) : addressesOf(subnetOf(instance) ?? 0);
  if (fresh) await makePki(instance, addresses);
  const init = initOf(instance) ?? 0;

  startMissing(instance, addresses, ["etcd", "containerd", "kube-apiserver"]);
  const see = (log: string): string => `See ${join(instance.var, "log", `${log}.log`)}`;
  await waitFor("containerd", 30, see("containerd"), () => ctr(init, ["version"]) !== "");
  if (fresh) forgetContainers(init);
  importImages(init, await systemImages());
  say("containerd runs");

  const store = new ClusterStore(await kubeconfigConnection(instance.kubeconfig));
  try {
    await waitFor("The API server", 60, see("kube-apiserver"), async () => isReady(store));
    say("the API server is ready");
    startMissing(instance, addresses, REST);
    run(join(BINARIES, "kubectl"), [
      ...["--kubeconfig", instance.kubeconfig, "apply", "--filename"],
      join(import.meta.dirname, "manifests/coredns.yaml"),
    ]);
    await waitFor("The node", 60, see("kubelet"), () => conditionHolds(store, NODES, instance.name));
    say("the node is ready");
    await waitFor("The default service account", 30, see("kube-controller-manager"), async () =>
      Boolean(await store.get(SERVICE_ACCOUNTS, { namespace: "default", name: "default" })),
    );
    await waitFor("DNS", 60, see("kubelet"), () => conditionHolds(store, DEPLOYMENTS, "coredns", "kube-system"));
    say("DNS is ready");
  } finally {
    store.close();
  }
}

const REST: Component[] = ["kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "load-balancer"];

const core = (kind: string, plural: string, namespaced: boolean): ResourceType => {
  return { group: "", version: "v1", kind, plural, namespaced };
};
const NODES = core("Node", "nodes", false);
const SERVICE_ACCOUNTS = core("ServiceAccount", "serviceaccounts", true);
const NAMESPACES = core("Namespace", "namespaces", false);
const DEPLOYMENTS: ResourceType = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};

interface Conditional extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

function startMissing(instance: Instance, addresses: Addresses, components: readonly Component[]): void {
  const there = new Set(running(instance).keys());
  for (const component of components) if (!there.has(component)) start(instance, component, addresses);
}

async function isReady(store: ClusterStore): Promise<boolean> {
  return Boolean(await store.get(NAMESPACES, { name: "kube-system" }));
}

async function conditionHolds(
  store: ClusterStore,
  type: ResourceType,
  name: string,
  namespace?: string,
): Promise<boolean> {
  const object = await store.get<Conditional>(type, { name, ...(namespace === undefined ? {} : { namespace }) });
  const wanted = type === NODES ? "Ready" : "Available";
  return (
    object.status?.conditions?.some((condition) => condition.type === wanted && condition.status === "True") ?? false
  );
}
