import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "../instance.ts";

const ROOT = "/sys/fs/cgroup";

/** The cluster's groups: one in each hierarchy, and those of its pods below. */
export function cgroupsOf({ cgroup }: Instance): string[] {
  const hierarchies = [ROOT, ...readdirSync(ROOT).map((name) => join(ROOT, name))];
  return hierarchies.map((hierarchy) => join(hierarchy, cgroup)).filter((path) => existsSync(path));
}

/** Removes the groups of a node whose processes have ended, or are about to. */
export async function removeCgroups(instance: Instance): Promise<void> {
  for (const group of cgroupsOf(instance)) {
    for (let attempt = 1; !removed(group); attempt++) {
      if (attempt === 100) throw new Error(`${group} cannot be removed: something still runs in it`);
      await sleep(50);
    }
  }
}

/** From the leaves up: a group can go when it has neither processes nor groups. */
function removed(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory() && !removed(join(group, entry.name))) return false;
    }
    rmdirSync(group);
    return true;
  } catch {
    return !existsSync(group);
  }
}
