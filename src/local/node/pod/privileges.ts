/** A container's user and capabilities as options of setpriv. */
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { commandPath } from "../system/commands.ts";
import type { Mode } from "../system/mode.ts";
import { ConfigError } from "./sources.ts";

/** What container runtimes leave to a container's root. */
const DEFAULT_CAPABILITIES = [
  "audit_write",
  "chown",
  "dac_override",
  "fowner",
  "fsetid",
  "kill",
  "mknod",
  "net_bind_service",
  "net_raw",
  "setfcap",
  "setgid",
  "setpcap",
  "setuid",
  "sys_chroot",
];

/** The uid of every proxy, by Istio's convention. */
const PROXY_UID = 1337;

export interface Identity {
  uid: number;
  gid: number;
}

export function identityOf(pod: Pod, container: Container): Identity {
  const ofPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = own.runAsUser ?? ofPod.runAsUser ?? 0;
  return { uid, gid: own.runAsGroup ?? ofPod.runAsGroup ?? 0 };
}

/** The words to put before a command. Rootless there is one user, so a container runs as it whatever it asks for. */
export function privileges(pod: Pod, container: Container, mode: Mode): string[] {
  const own = container.securityContext ?? {};
  const { uid, gid } = identityOf(pod, container);
  if (mode === "root" && uid === 0 && (own.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot)) {
    throw new ConfigError("container has runAsNonRoot and image will run as root");
  }
  const words = [commandPath("setpriv")];
  if (!own.privileged) {
    const capabilities = new Set(DEFAULT_CAPABILITIES);
    const { add = [], drop = [] } = own.capabilities ?? {};
    if (drop.some((name) => name.toUpperCase() === "ALL")) capabilities.clear();
    for (const name of drop) capabilities.delete(plain(name));
    for (const name of add) if (plain(name) !== "all") capabilities.add(plain(name));
    // Rootless the proxy's uid does not exist; the mark on its connections stands for it, and setting a mark needs this.
    if (mode === "rootless" && uid === PROXY_UID) capabilities.add("net_admin");
    if (!add.some((name) => plain(name) === "all")) {
      words.push(`--bounding-set=${["-all", ...[...capabilities].map((name) => `+${name}`)].join(",")}`);
      words.push("--inh-caps=-all");
    }
  }
  if (mode === "root" && (uid !== 0 || gid !== 0)) {
    const groups = [pod.spec.securityContext?.fsGroup, ...(pod.spec.securityContext?.supplementalGroups ?? [])];
    const named = groups.filter((group) => group !== undefined);
    words.push(`--reuid=${uid}`, `--regid=${gid}`);
    words.push(named.length > 0 ? `--groups=${named.join(",")}` : "--clear-groups");
  }
  if (own.allowPrivilegeEscalation === false) words.push("--no-new-privs");
  return words;
}

function plain(capability: string): string {
  return capability.toLowerCase().replace(/^cap_/, "");
}
