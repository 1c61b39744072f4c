/**
 * `npm run bench`: what Lateen costs, on the machine it runs on. `npm run bench -- edit engine` runs only these parts.
 * Figures of one run compare with each other; those of two machines, or of two days, do not: see docs/bench.md.
 */
import { availableParallelism } from "node:os";
import { editCosts } from "./edit.ts";
import { engineCosts } from "./engine.ts";
import { type Figure, printFigures } from "./figure.ts";
import { sidecarMemory } from "./memory.ts";
import { traffic } from "./traffic.ts";
import { warmStart } from "./warm-start.ts";

interface Part {
  title: string;
  run(): Promise<Figure[]>;
}

const PARTS: Record<string, Part> = {
  start: { title: "Warm start: Bookinfo, state and caches there", run: warmStart },
  edit: { title: "One VirtualService edit at 1,000 services and 300 sidecars", run: editCosts },
  engine: { title: "The engine: one change against everything anew", run: engineCosts },
  memory: { title: "One sidecar's memory", run: sidecarMemory },
  traffic: { title: "Requests through two sidecars against none", run: traffic },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}
console.log(`${availableParallelism()} cores`);
for (const [name, { title, run }] of Object.entries(PARTS)) {
  if (asked.length === 0 || asked.includes(name)) printFigures(title, await run());
}
