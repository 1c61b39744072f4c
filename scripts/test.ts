/**
 * `npm test`: the checks, the tests beside the code, and the tests of test/, which start real Envoys, pods and kubectl
 * and so run one file at a time. Those that need a Kubernetes cluster have commands of their own (CONTRIBUTING.md).
 * `npm test -- PATTERN…` runs only the test files whose path contains a pattern.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const patterns = process.argv.slice(2);
const wanted = (file: string): boolean => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
const files = (glob: string): string[] => globSync(glob, { cwd: root }).filter(wanted).sort();

function run(title: string, args: string[]): boolean {
  console.log(`\n# ${title}`);
  return (
    spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { cwd: root, stdio: "inherit" })
      .status === 0
  );
}

const unit = files("{src,samples,scripts}/**/*.test.ts");
const world = files("test/**/*.test.ts").filter((file) => !/^test\/(kubernetes|conformance)\//.test(file));
const results = [
  patterns.length > 0 || run("Checks", [join(root, "scripts/check.ts")]),
  unit.length === 0 ||
    run("Beside the code", [
      "--test",
      "--test-concurrency=2",
      "--test-reporter=dot",
      "--test-reporter-destination=stdout",
      ...unit,
    ]),
  world.length === 0 ||
    run("A whole world", [
      "--test",
      "--test-concurrency=1",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      ...world,
    ]),
];
process.exit(results.every(Boolean) ? 0 : 1);
