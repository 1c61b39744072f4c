import { ClusterWorld } from "./cluster-world.ts";
import { LocalWorld } from "./local-world.ts";
import type { TestWorld } from "./world.ts";

/** The world that this run of the tests is about: one machine, or with LATEEN_TEST_WORLD=kubernetes a cluster. */
export function openWorld(): TestWorld {
  return process.env.LATEEN_TEST_WORLD === "kubernetes" ? new ClusterWorld() : new LocalWorld();
}
