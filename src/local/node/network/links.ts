/** Links of the node's network namespace. No bridge: a pod is one veth pair and one route, so the node routes all. */
import { API_SERVICE_IP, DNS_SERVICE_IP, NODE_IP, SERVICE_CIDR } from "../addresses.ts";
import type { ProcessRef } from "../system/processes.ts";
import { mustRun } from "../system/run.ts";
import { inNetwork } from "./holder.ts";

export async function setUpNodeNetwork(holder: ProcessRef): Promise<void> {
  await batch(holder, [
    "link set lo up",
    `address replace ${NODE_IP}/32 dev lo`,
    `address replace ${DNS_SERVICE_IP}/32 dev lo`,
    `address replace ${API_SERVICE_IP}/32 dev lo`,
    // Addresses of Services that have no endpoints need a route to reach the rule that refuses them.
    `route replace ${SERVICE_CIDR} dev lo src ${NODE_IP}`,
  ]);
  await mustRun(...inNetwork(holder, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"));
}

export async function linkPod(holder: ProcessRef, pod: ProcessRef, ip: string): Promise<void> {
  const link = linkName(ip);
  await batch(holder, [
    `link add ${link} type veth peer name eth0 netns ${pod.pid}`,
    `link set ${link} up`,
    `route replace ${ip}/32 dev ${link} src ${NODE_IP}`,
  ]);
  await batch(pod, [
    "link set lo up",
    `address add ${ip}/32 dev eth0`,
    "link set eth0 up",
    `route add ${NODE_IP} dev eth0 scope link`,
    `route add default via ${NODE_IP} dev eth0 src ${ip}`,
  ]);
}

/** Taken away by name, since the kernel clears a dead namespace's links only some time later. */
export async function unlinkPod(holder: ProcessRef, ip: string): Promise<void> {
  await mustRun(...inNetwork(holder, "ip", "link", "delete", linkName(ip))).catch(() => undefined);
}

/** At most 15 characters, the kernel's bound: the pod's number within the pod range. */
function linkName(ip: string): string {
  const [, , third, fourth] = ip.split(".").map(Number);
  return `pod${(third ?? 0) * 256 + (fourth ?? 0)}`;
}

async function batch(target: ProcessRef, lines: readonly string[]): Promise<void> {
  await mustRun(...inNetwork(target, "ip", "-batch", "-"), { input: `${lines.join("\n")}\n` });
}
