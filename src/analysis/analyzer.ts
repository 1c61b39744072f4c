import type { Kind } from "../kinds/kind.ts";
import type { Report } from "./messages.ts";
import type { World } from "./world.ts";

/** Looks at the objects for one sort of mistake. A file in analyzers/ for each, with a test and a line in the docs. */
export interface Analyzer {
  /** As Istio calls it. */
  name: string;
  description: string;
  /** It is left out unless all objects of these kinds are known: nothing can be said to be missing otherwise. */
  needs: readonly Kind[];
  analyze(world: World, report: Report): void;
}
