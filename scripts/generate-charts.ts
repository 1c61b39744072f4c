/** Writes the Helm charts in charts/. A test says when they are older than what they are made of. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { charts } from "../src/kubernetes/install/chart/charts.ts";

const ROOT = join(import.meta.dirname, "../charts");

const made = charts();
rmSync(ROOT, { recursive: true, force: true });
for (const [path, text] of made) {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
