/**
 * `npm run bench`: what Lateen costs, on the machine it runs on. `npm run bench -- edit engine` runs only these parts.
 * Figures of one run compare with each other; those of two machines, or of two days, do not: see docs/bench.md.
 */
import { availableParallelism } from "node:os";
import { editCosts } from "./edit.ts";
import { type Figure, printFigures } from "./figure.ts";

interface Part {
  title: string;
  run(): Promise<Figure[]>;
}

const PARTS: Record<string, Part> = {
  edit: {
    title: "One VirtualService edit at 1,000 services and 300 sidecars (in one process, no network)",
    run: editCosts,
  },
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
