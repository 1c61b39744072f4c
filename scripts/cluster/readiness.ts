/** What a cluster must be able to do before it counts as up. */
import { join } from "node:path";
import { LateenError } from "../../src/errors.ts";
import { ClusterStore } from "../../src/store/cluster/cluster-store.ts";
import { kubeconfigConnection } from "../../src/store/cluster/kubeconfig.ts";
import type { KubeObject, ResourceType } from "../../src/store/object.ts";
import type { Component } from "./components.ts";
import { requireInit, running } from "./control.ts";
import { ctr } from "./images/import.ts";
import type { Instance } from "./instance.ts";
import { kubectl } from "./kubectl.ts";
import { waitFor } from "./wait.ts";

/** Those that others ask are asked; the others are there once they run. */
export async function componentAnswers(instance: Instance, component: Component): Promise<void> {
  const init = requireInit(instance);
  switch (component) {
    case "containerd":
      return awaited(instance, component, component, () => ctr(init, ["version"]) !== "");
    case "etcd":
    case "kube-apiserver":
      // its own word for it: the roles that come with Kubernetes are there too
      return awaited(instance, component, "The API server", () => says(instance, "/readyz"));
    case "kubelet":
      return awaited(instance, component, component, () =>
        says(instance, `/api/v1/nodes/${instance.name}/proxy/healthz`),
      );
    default:
      return awaited(instance, component, component, () => running(instance).has(component));
  }
}

function says(instance: Instance, path: string): boolean {
  return kubectl(instance, ["get", "--raw", path]) === "ok";
}

/** A pod can be made now: it gets a node, an account and DNS. */
export async function podsCanRun(instance: Instance): Promise<void> {
  const store = new ClusterStore(await kubeconfigConnection(instance.kubeconfig));
  try {
    await awaited(instance, "kubelet", "The node", async () =>
      isTrue(await store.get<Conditional>(NODES, { name: instance.name }), "Ready"),
    );
    await awaited(instance, "kube-controller-manager", "The default service account", async () =>
      Boolean(await store.get(SERVICE_ACCOUNTS, { namespace: "default", name: "default" })),
    );
    await awaited(instance, "kubelet", "DNS", async () =>
      isTrue(await store.get<Conditional>(DEPLOYMENTS, { namespace: "kube-system", name: "coredns" }), "Available"),
    );
  } finally {
    store.close();
  }
}

const SECONDS = 60;

function awaited(
  instance: Instance,
  component: Component,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const remedy = `See ${join(instance.var, "log", `${component}.log`)}`;
  const meanwhile = (): void => {
    if (running(instance).has(component)) return;
    throw new LateenError("LTN5510", `${component} of cluster ${instance.name} ended`, remedy);
  };
  return waitFor({ what, seconds: SECONDS, remedy, holds, meanwhile });
}

interface Conditional extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

function isTrue({ status }: Conditional, wanted: string): boolean {
  return status?.conditions?.some(({ type, status }) => type === wanted && status === "True") ?? false;
}

const NODES: ResourceType = { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false };
const SERVICE_ACCOUNTS: ResourceType = {
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
};
const DEPLOYMENTS: ResourceType = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};
