/** Brings a cluster up, from whatever state it is in. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installSystemPackages } from "../system-packages.ts";
import { buildKubernetes } from "./build/kubernetes.ts";
import { buildCoredns, buildInit } from "./build/others.ts";
import type { Component } from "./components.ts";
import { requireInit, start } from "./control.ts";
import { down } from "./down.ts";
import { forgetContainers, importImages } from "./images/import.ts";
import { systemImages } from "./images/system.ts";
import type { Instance } from "./instance.ts";
import { kubectl } from "./kubectl.ts";
import { startNode } from "./node/node.ts";
import { initOf } from "./node/processes.ts";
import { makePki } from "./pki.ts";
import { componentAnswers, podsCanRun } from "./readiness.ts";
import { REQUIREMENTS } from "./requirements.ts";

type Say = (line: string) => void;

const FIRST: readonly Component[] = ["etcd", "containerd", "kube-apiserver"];
const THEN: readonly Component[] = [
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "load-balancer",
];

export async function up(instance: Instance, say: Say): Promise<void> {
  prepare(say);
  const fresh = !isComplete(instance);
  if (fresh) {
    // what a node that ended otherwise left would be taken for its own
    await down(instance, false);
    await makePki(instance, await startNode(instance));
  }
  for (const component of FIRST) start(instance, component);
  await componentAnswers(instance, "containerd");
  const init = requireInit(instance);
  if (fresh) forgetContainers(init);
  importImages(init, await systemImages());
  say("containerd runs");
  await componentAnswers(instance, "kube-apiserver");
  say("the API server is ready");
  for (const component of THEN) start(instance, component);
  kubectl(instance, ["apply", "--filename", join(import.meta.dirname, "manifests/coredns.yaml")]);
  await podsCanRun(instance);
  say("the node and DNS are ready");
}

/** Whether a node is up, and was made to its end: the kubeconfig comes last. */
function isComplete(instance: Instance): boolean {
  return initOf(instance) !== undefined && existsSync(instance.kubeconfig);
}

/** Everything that a cluster is made of, got or built where it is missing. */
function prepare(say: Say): void {
  installSystemPackages(REQUIREMENTS);
  buildInit();
  buildKubernetes(say);
  buildCoredns(say);
}
