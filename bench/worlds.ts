import { readdirSync, readFileSync } from "node:fs";
import { LocalWorld } from "../test/support/local-world.ts";
import type { TestWorld } from "../test/support/world.ts";

/** Runs `work` in a world of its own, and takes the world away whatever happens. */
export async function inWorld<T>(command: "demo" | "up", work: (world: TestWorld) => Promise<T>): Promise<T> {
  const world = new LocalWorld();
  try {
    await world.start(command);
    return await work(world);
  } finally {
    await world.end();
  }
}

/** Applies objects, and waits until the Deployments among them are there. */
export async function deploy(world: TestWorld, ...objects: object[]): Promise<void> {
  await world.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  const names = objects.flatMap((object) =>
    "kind" in object && object.kind === "Deployment" && "metadata" in object ? [nameOf(object.metadata)] : [],
  );
  const deployments = names.map((name) => `deployment/${name}`);
  await world.kubectl("rollout", "status", ...deployments, "--timeout=60s");
}

export function podOf(world: TestWorld, app: string): Promise<string> {
  return world.kubectl("get", "pod", "-l", `app=${app}`, "-o", "jsonpath={.items[0].metadata.name}");
}

/** The process id of a pod's Envoy, seen from this machine. */
export function sidecarProcess(pod: string): number {
  const found = readdirSync("/proc").find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return command.includes("envoy\0") && command.includes(`~${pod}.`);
    } catch {
      return false; // it ended while we looked
    }
  });
  if (found === undefined) throw new Error(`no process on this machine is the Envoy of ${pod}`);
  return Number(found);
}

/** What a process holds in memory: its own pages, and with them its share of those that others use as well (PSS). */
export function memoryOf(pid: number): { own: number; share: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const bytes = (field: string): number => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1]);
  return { own: bytes("Private_Clean") + bytes("Private_Dirty"), share: bytes("Pss") };
}

/** Seconds of CPU that a process has used. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100; // the kernel counts in hundredths for user space, whatever its own clock
}

function nameOf(metadata: unknown): string {
  return typeof metadata === "object" && metadata !== null && "name" in metadata ? String(metadata.name) : "";
}
