/** Whether this machine can run pods with intercepted traffic: as root, rootless, or what is missing. */
import { readFileSync } from "node:fs";
import { REQUIREMENTS } from "./requirements.ts";
import { commandPath, findCommand } from "./system/commands.ts";
import type { Mode } from "./system/mode.ts";
import { type Outcome, run } from "./system/run.ts";

export interface MissingCapability {
  code: string;
  message: string;
  remedy: string;
}

export interface Capabilities {
  /** Undefined: pods cannot be run here until what `problems` says is done. */
  mode: Mode | undefined;
  problems: MissingCapability[];
}

/** A rule that needs all that our rules need: address translation, random choice, redirection, and refusal. */
const RULES = `table ip lateen-try {
  chain incoming { type nat hook prerouting priority dstnat; }
  chain outgoing { type nat hook output priority -100; }
  chain refused { type filter hook forward priority filter; }
}
add rule ip lateen-try incoming ip daddr 10.96.0.1 meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.244.0.2 . 80 }
add rule ip lateen-try outgoing meta skuid != 1337 meta l4proto tcp redirect to :15001
add rule ip lateen-try refused meta l4proto tcp reject with tcp reset
`;

/** Steps in their order: what is printed last is what failed. */
const TRY = `
echo links; ip link add lateen0 type veth peer name lateen1 || exit 1
echo forwarding; echo 1 >/proc/sys/net/ipv4/ip_forward || exit 1
echo rules; nft -f - || exit 1
echo mounts; mount -t tmpfs lateen /mnt && mount -t proc proc /proc || exit 1
echo all
`;

const NAMESPACES = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork"];
const TIME_MS = 15_000;

/** Tries everything in namespaces that vanish with the trial. Takes a tenth of a second. */
export async function detectCapabilities(): Promise<Capabilities> {
  const missing = REQUIREMENTS.filter(({ command }) => !findCommand(command));
  if (missing.length > 0) return { mode: undefined, problems: missing.map(missingCommand) };
  const asRoot = process.getuid?.() === 0 ? await attempt([]) : undefined;
  if (asRoot && lastStep(asRoot) === "all") return { mode: "root", problems: [] };
  const rootless = await attempt(["--user", "--map-root-user"]);
  if (lastStep(rootless) === "all") return { mode: "rootless", problems: [] };
  return { mode: undefined, problems: [problemOf(asRoot ?? rootless, asRoot ? "root" : "rootless")] };
}

function attempt(user: readonly string[]): Promise<Outcome> {
  return run("unshare", [...user, ...NAMESPACES, commandPath("sh"), "-c", TRY], { input: RULES, timeoutMs: TIME_MS });
}

function lastStep({ stdout }: Outcome): string {
  return stdout.trim().split("\n").at(-1) ?? "";
}

function missingCommand({ command, debianPackage, purpose }: (typeof REQUIREMENTS)[number]): MissingCapability {
  return {
    code: "LTN1220",
    message: `The command ${command} is missing: it ${purpose}.`,
    remedy: `Install it, on Debian and Ubuntu with: sudo apt-get install ${debianPackage}`,
  };
}

function problemOf(outcome: Outcome, mode: Mode): MissingCapability {
  const lines = outcome.stderr.trim().split("\n");
  const said = lines.find((line) => line.includes("Error:")) ?? lines.at(-1) ?? "";
  switch (lastStep(outcome)) {
    case "":
      return namespaceProblem(said, mode);
    case "links":
      return kernelProblem("pairs of network links cannot be made", "veth", said);
    case "forwarding":
      return {
        code: "LTN1222",
        message: `The kernel's network settings cannot be changed within a network namespace: ${said}.`,
        remedy: "In a container, mount /proc/sys writable: run it with --privileged.",
      };
    case "rules":
      return kernelProblem("the kernel does not take the rules for Services", "nf_tables, nft_nat, nft_redir", said);
    default:
      return {
        code: "LTN1224",
        message: `File systems cannot be mounted within a mount namespace: ${said}.`,
        remedy: "In a container, run it with --privileged, or with --security-opt systempaths=unconfined.",
      };
  }
}

function kernelProblem(what: string, modules: string, said: string): MissingCapability {
  return {
    code: "LTN1223",
    message: `On this machine ${what}: ${said}.`,
    remedy: `Load the kernel's modules (as root: modprobe -a ${modules.replaceAll(",", "")}), or use a kernel that has them.`,
  };
}

/** Why namespaces are refused is for whoever runs the machine to have decided; each way has its own remedy. */
function namespaceProblem(said: string, mode: Mode): MissingCapability {
  const problem = (remedy: string): MissingCapability => ({
    code: "LTN1221",
    message: `Namespaces cannot be made ${mode === "root" ? "although you are root" : "by your user"}: ${said}.`,
    remedy,
  });
  if (mode === "root") {
    return problem("You are probably in a container: run it with --privileged, or with --cap-add=SYS_ADMIN,NET_ADMIN.");
  }
  if (setting("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return problem("Start as root, or allow it: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  }
  if (setting("kernel/unprivileged_userns_clone") === "0") {
    return problem("Start as root, or allow it: sudo sysctl -w kernel.unprivileged_userns_clone=1");
  }
  if (setting("user/max_user_namespaces") === "0") {
    return problem("Start as root, or allow it: sudo sysctl -w user.max_user_namespaces=10000");
  }
  return problem("Start as root; in a container, run it with --privileged.");
}

function setting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, "utf8").trim();
  } catch {
    return undefined;
  }
}
