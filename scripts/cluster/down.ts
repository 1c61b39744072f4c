import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Instance } from "./instance.ts";
import { stopNode } from "./node/node.ts";

/** Ends a cluster and leaves nothing but its images; with `purge` not even those. */
export async function down(instance: Instance, purge: boolean): Promise<void> {
  await stopNode(instance);
  if (purge) rmSync(instance.state, { recursive: true, force: true });
  else forgetAllButImages(instance);
}

function forgetAllButImages({ state }: Instance): void {
  const kept = ["", "var", "var/lib", "var/lib/containerd"];
  for (const folder of kept.slice(0, -1)) {
    for (const entry of list(join(state, folder))) {
      if (!kept.includes(join(folder, entry))) rmSync(join(state, folder, entry), { recursive: true, force: true });
    }
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
