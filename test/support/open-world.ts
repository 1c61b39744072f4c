import { LocalWorld } from "./local-world.ts";
import type { TestWorld } from "./world.ts";

/** The world that this run of the tests is about. */
export function openWorld(): TestWorld {
  return new LocalWorld();
}
