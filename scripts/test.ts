/**
 * `npm test`: the checks, the tests beside the code, and those of test/ that one machine is enough for: real Envoys,
 * pods and kubectl, and so one file at a time. `npm run test:kubernetes`: the end-to-end tests again, on two real clusters
 * at a time, and those of test/kubernetes. With PATTERNs only the test files whose path contains one of them.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
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

/** A file that fails with something still open ends all the same, and one that is stuck is killed: the others have their turn. */
const TO_AN_END = ["--test-force-exit", `--test-timeout=${15 * 60_000}`];

/** Real things share the machine: one file at a time. */
function runWorlds(title: string, tests: readonly string[]): boolean {
  if (tests.length === 0) return true;
  return run(title, [
    "--test",
    ...TO_AN_END,
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
    ...TO_AN_END,
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

/**
 * Two files of test/worlds at a time, each on a cluster of its own: they wait for Kubernetes more than they work. Those of
 * test/kubernetes take clusters apart, and do so alone.
 */
async function onClusters(): Promise<boolean> {
  const alone = files("test/kubernetes/**/*.test.ts");
  const together = files("test/worlds/**/*.test.ts");
  if (alone.length + together.length === 0) return true;
  const prefix = process.env.LATEEN_TEST_CLUSTER ?? "test";
  const clusters = [`${prefix}-1`, `${prefix}-2`] as const;
  // What all clusters are made of is built once, and not by both at a time.
  for (const step of ["up", "images"]) {
    if (!run(`Cluster: ${step}`, [join(root, "scripts/cluster/main.ts"), step, "--name", clusters[0]])) return false;
  }
  const failures: string[] = [];
  const work = async (cluster: string, waiting: string[]): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const failure = await failureOn(cluster, file);
      if (failure !== undefined) failures.push(`FAIL ${file}\n${failure}`);
    }
  };
  await work(clusters[0], alone);
  await Promise.all(clusters.map((cluster) => work(cluster, together)));
  for (const failure of failures) console.log(`\n${failure}`);
  return failures.length === 0;
}

/**
 * What a file's tests print comes in one piece, when they are done. What failed of them is returned too, to be said once more
 * at the very end: of a long log often only that is kept.
 */
async function failureOn(cluster: string, file: string): Promise<string | undefined> {
  const env = { ...process.env, LATEEN_TEST_WORLD: "kubernetes", LATEEN_TEST_CLUSTER: cluster };
  const args = ["--disable-warning=ExperimentalWarning", "--test", ...TO_AN_END, "--test-reporter=spec", file];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  const printed = text(child.stdout);
  const [status] = await once(child, "close");
  const output = await printed;
  console.log(`\n# ${file}\n${output}`);
  const failing = output.lastIndexOf("✖ failing tests:");
  return status === 0 ? undefined : output.slice(failing === -1 ? -4_000 : failing);
}

process.exit((values.kubernetes ? await onClusters() : onThisMachine()) ? 0 : 1);
