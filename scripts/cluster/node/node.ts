/** A node: namespaces of its own (network, mounts, processes, cgroups), which end with its process 1. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../../src/errors.ts";
import { type Addresses, SERVICE_CIDR } from "../addresses.ts";
import { BINARIES, type Instance } from "../instance.ts";
import { type RunOptions, run } from "../run.ts";
import { removeCgroups } from "./cgroups.ts";
import { addLink, removeLink } from "./link.ts";
import { INIT, initOf } from "./processes.ts";

const script = (name: string): string => join(import.meta.dirname, name);

/** Starts a node that is not there, and of which nothing is left but images. */
export async function startNode(instance: Instance): Promise<Addresses> {
  prepareVar(instance);
  spawn(script("start-node.sh"), [instance.state, join(BINARIES, INIT), instance.cgroup, instance.name], {
    detached: true,
    stdio: "ignore",
  }).unref();
  const init = await appeared(instance);
  const addresses = addLink(instance, init);
  inNode(init, script("setup-node.sh"), [instance.state, addresses.node, SERVICE_CIDR, addresses.loadBalancers.cidr]);
  return addresses;
}

/** Ends all that runs in the node, and removes what it leaves on the machine. */
export async function stopNode(instance: Instance): Promise<void> {
  const init = initOf(instance);
  if (init !== undefined) process.kill(init, "SIGKILL");
  while (initOf(instance) !== undefined) await sleep(20);
  removeLink(instance);
  await removeCgroups(instance);
}

/** Runs a command in the node's namespaces. */
export function inNode(init: number, command: string, args: readonly string[], options: RunOptions = {}): string {
  return run("nsenter", ["--target", String(init), "--all", "--", command, ...args], options);
}

export function startComponent(init: number, name: string, command: readonly string[]): void {
  inNode(init, script("start-component.sh"), [name, ...command]);
}

function prepareVar(instance: Instance): void {
  for (const folder of ["lib/etcd", "lib/kubelet", "lib/containerd", "log", "tmp"]) {
    mkdirSync(join(instance.var, folder), { recursive: true });
  }
  symlinkSync("/run", join(instance.var, "run"));
  cpSync(script("etc"), join(instance.var, "etc"), { recursive: true });
}

async function appeared(instance: Instance): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const init = initOf(instance);
    if (init !== undefined) return init;
    await sleep(50);
  }
  throw new LateenError(
    "LTN5503",
    `the node of cluster ${instance.name} did not start`,
    `See ${join(instance.state, "node.log")}.`,
  );
}
