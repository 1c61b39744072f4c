/** What a pod's containers share: network, hostname, and the files that say who is who. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "../../../kinds/core/pod.ts";
import { CLUSTER_DOMAIN } from "../addresses.ts";
import { resolvConf } from "../dns/answer.ts";
import { startHolder } from "../network/holder.ts";
import { linkPod, unlinkPod } from "../network/links.ts";
import { writeAtomically } from "../system/files.ts";
import { isAlive, kill, networkOf, type ProcessRef, parentOf, processesInNetworks } from "../system/processes.ts";
import type { PodRecord } from "./records.ts";

export interface SandboxOptions {
  pod: Pod;
  ip: string;
  /** The pod's own folder. */
  folder: string;
  /** Holds the node's network namespace. */
  nodeNetwork: ProcessRef;
  home: string;
}

export async function startSandbox({ pod, ip, folder, nodeNetwork, home }: SandboxOptions): Promise<ProcessRef> {
  writeIdentity(pod, ip, folder);
  const hostname = hostnameOf(pod);
  const sandbox = await startHolder({ home, namespaces: ["--uts", "--ipc"], hostname });
  try {
    await linkPod(nodeNetwork, sandbox, ip);
  } catch (error) {
    await kill(sandbox);
    throw error;
  }
  return sandbox;
}

/**
 * Ends every process in the pod's network, and with the last of them the network. `ip` is the address that the pod has:
 * one that ended long ago has none any more, and its link may be another's by now.
 */
export async function stopSandbox(sandbox: ProcessRef, nodeNetwork: ProcessRef, ip: string | undefined): Promise<void> {
  const network = isAlive(sandbox) ? networkOf(sandbox.pid) : undefined;
  if (network !== undefined && network !== networkOf(process.pid)) {
    await Promise.all(processesInNetworks(new Set([network])).map((ref) => kill(ref)));
  }
  if (ip !== undefined) await unlinkPod(nodeNetwork, ip);
}

/**
 * Ends what is in the pod's network but on no record: a container that was being started, or a command that was being
 * run, when the node process died. Each container's processes have its first process as their ancestor.
 */
export async function clearStrangers({ sandbox, containers }: PodRecord): Promise<void> {
  const network = networkOf(sandbox.pid);
  if (network === undefined) return;
  const known = new Set([sandbox.pid]);
  for (const { init } of Object.values(containers)) if (init) known.add(init.pid).add(parentOf(init.pid));
  const isKnown = (pid: number): boolean => pid > 1 && (known.has(pid) || isKnown(parentOf(pid)));
  const strangers = processesInNetworks(new Set([network])).filter(({ pid }) => !isKnown(pid));
  await Promise.all(strangers.map((ref) => kill(ref)));
}

function writeIdentity(pod: Pod, ip: string, folder: string): void {
  const etc = join(folder, "etc");
  mkdirSync(etc, { recursive: true, mode: 0o755 });
  const namespace = pod.metadata.namespace ?? "default";
  const hostname = hostnameOf(pod);
  const full = pod.spec.subdomain ? `${hostname}.${pod.spec.subdomain}.${namespace}.svc.${CLUSTER_DOMAIN}\t` : "";
  const aliases = (pod.spec.hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join("\t")}\n`);
  const hosts = [
    "127.0.0.1\tlocalhost\n",
    "::1\tlocalhost ip6-localhost ip6-loopback\n",
    `${ip}\t${full}${hostname}\n`,
  ];
  writeAtomically(join(etc, "hosts"), [...hosts, ...aliases].join(""), 0o644);
  writeAtomically(join(etc, "hostname"), `${hostname}\n`, 0o644);
  writeAtomically(join(etc, "resolv.conf"), podResolvConf(pod, namespace), 0o644);
}

function podResolvConf({ spec }: Pod, namespace: string): string {
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const base = spec.dnsPolicy === "None" ? "" : resolvConf(namespace);
  const lines = [
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...options.map(({ name, value }) => `options ${name}${value === undefined ? "" : `:${value}`}`),
  ];
  return base + lines.map((line) => `${line}\n`).join("");
}

/** Host names are at most 63 characters, pod names more. */
function hostnameOf(pod: Pod): string {
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, "");
}
