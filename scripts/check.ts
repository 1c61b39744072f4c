/** `npm run check`: types, lint, format, import directions, unused code. Every check runs, so that one run shows all. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const checks: [name: string, command: string, ...args: string[]][] = [
  ["types", "tsc"],
  ["lint and format", "biome", "check", "--error-on-warnings", "."],
  ["unused code", "knip"],
];

let failed = 0;
for (const [name, command, ...args] of checks) {
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin", command), args, {
    cwd: root,
    encoding: "utf8",
  });
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name}`);
  if (status === 0) continue;
  failed++;
  console.log(stdout + stderr);
}
process.exit(failed === 0 ? 0 : 1);
