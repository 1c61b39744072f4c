/**
 * `npm test`: the checks, the tests beside the code, and those of test/ that one machine is enough for: real Envoys,
 * pods and kubectl, and so one file at a time. `npm run test:kubernetes`: the end-to-end tests again, and those of
 * test/kubernetes, on real clusters. With PATTERNs only the test files whose path contains one of them.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const { values, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: { kubernetes: { type: "boolean", default: false } },
});
const wanted = (file: string): boolean => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
const files = (glob: string): string[] => globSync(glob, { cwd: root }).filter(wanted).sort();

function run(title: string, args: string[]): boolean {
  console.log(`\n# ${title}`);
  return (
    spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { cwd: root, stdio: "inherit" })
      .status === 0
  );
}

/** Real things share the machine: one file at a time. */
function runWorlds(title: string, tests: readonly string[]): boolean {
  if (tests.length === 0) return true;
  return run(title, [
    "--test",
    "--test-concurrency=1",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    ...tests,
  ]);
}

function runUnits(tests: readonly string[]): boolean {
  if (tests.length === 0) return true;
  return run("Beside the code", [
    "--test",
    "--test-concurrency=2",
    "--test-reporter=dot",
    "--test-reporter-destination=stdout",
    ...tests,
  ]);
}

function onThisMachine(): boolean {
  const clusterOnly = /^test\/(kubernetes|conformance)\//;
  return [
    patterns.length > 0 || run("Checks", [join(root, "scripts/check.ts")]),
    runUnits(files("{src,samples,scripts,test/conformance}/**/*.test.ts")),
    runWorlds(
      "A whole world",
      files("test/**/*.test.ts").filter((file) => !clusterOnly.test(file)),
    ),
  ].every(Boolean);
}

function onClusters(): boolean {
  process.env.LATEEN_TEST_WORLD = "kubernetes";
  return runWorlds("Real clusters", files("test/{worlds,kubernetes}/**/*.test.ts"));
}

process.exit((values.kubernetes ? onClusters() : onThisMachine()) ? 0 : 1);
