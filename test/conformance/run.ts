/**
 * `npm run test:conformance`: the Gateway API's conformance suite on a Kubernetes cluster of its own, with Lateen
 * installed by `lateen install`. It fails when the core of a profile is not in full, or when something passed in the
 * report that the tree keeps (docs/conformance) and does not now; --keep replaces that one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { requireInit } from "../../scripts/cluster/control.ts";
import { importImages } from "../../scripts/cluster/images/import.ts";
import { instance } from "../../scripts/cluster/instance.ts";
import { addressesOfRunning } from "../../scripts/cluster/node/link.ts";
import { packageVersion } from "../../src/local/node/built-in-images.ts";
import { ClusterWorld } from "../support/cluster-world.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/world.ts";
import { isCoreInFull, readReport, regressions, summary } from "./report.ts";
import { buildSuite, definitionsFolder, SUITE, suiteImages } from "./suite.ts";

/** Runs of the suite: with options by this name beside this file, and a report by it. */
const PARTS = ["gateway", "mesh"];
const OUTPUT = join(ROOT, "dist/conformance");
const KEPT = join(ROOT, "docs/conformance");

const { values } = parseArgs({
  options: {
    name: { type: "string", default: "conformance" },
    part: { type: "string", multiple: true, default: PARTS },
    test: { type: "string" },
    leave: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

const began = performance.now();
const say = (line: string): void => {
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)}s  ${line}`);
};

const cluster = instance(values.name);
const world = new ClusterWorld(values.name);
try {
  await prepare();
  for (const part of values.part) {
    const passed = await runSuite(part);
    if (!judge(part) || !passed) process.exitCode = 1;
  }
} finally {
  if (!values.leave) await world.end();
}

async function prepare(): Promise<void> {
  buildSuite(say);
  await world.bare();
  importImages(requireInit(cluster), await suiteImages(say));
  const definitions = globSync("*.networking.*.yaml", { cwd: definitionsFolder() }).sort();
  const files = definitions.flatMap((file) => ["-f", join(definitionsFolder(), file)]);
  await world.kubectl("apply", "--server-side", ...files);
  say("The cluster is up, with the suite's images and the Gateway API's definitions");
  await world.lateen("install", "--set", "profile=minimal", "-y");
  await eventually(async () => {
    const features = await world.kubectl("get", "gatewayclass/istio", "-o", "jsonpath={.status.supportedFeatures}");
    if (features === "") throw new Error("GatewayClass istio does not say what it supports");
  });
  say("Lateen is installed");
}

/**
 * Its whole output, which is long, goes to a file; here only what runs, and since when. Whether all passed: a report
 * leaves out those that no profile counts.
 */
async function runSuite(part: string): Promise<boolean> {
  mkdirSync(OUTPUT, { recursive: true });
  rmSync(reportOf(part), { force: true });
  const only = values.test === undefined ? [] : [`-test.run=TestConformance/(${values.test})`];
  const child = spawn(
    SUITE,
    [
      ...["-test.v", "-test.timeout=60m", "-test.parallel=8", ...only],
      ...["-conformance-options-file", join(import.meta.dirname, `${part}.yaml`)],
      ...["-version", packageVersion(), "-report-output", reportOf(part)],
      ...["-usable-address", lastAddress(), "-unusable-address", "192.0.2.1"],
    ],
    { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "close");
  const log = createWriteStream(logOf(part));
  for await (const line of createInterface(child.stdout)) {
    log.write(`${line}\n`);
    const test = /: Running (\w+), relying on /.exec(line)?.[1];
    if (test !== undefined) say(test);
    if (/^ +--- FAIL/.test(line)) say(line.trim());
  }
  log.end();
  const [status] = await ended;
  return status === 0;
}

/** One that no Gateway gets without asking for it. */
function lastAddress(): string {
  return addressesOfRunning(cluster)?.loadBalancers.last ?? "";
}

function judge(part: string): boolean {
  if (!existsSync(reportOf(part))) {
    say(`The suite wrote no report; its output is in ${logOf(part)}`);
    return false;
  }
  const yaml = readFileSync(reportOf(part), "utf8");
  const report = readReport(yaml);
  for (const line of summary(report)) console.log(line);
  if (values.test !== undefined) return true;
  const kept = join(KEPT, `${part}.yaml`);
  const worse = existsSync(kept) ? regressions(readReport(readFileSync(kept, "utf8")), report) : [];
  for (const line of worse) console.log(`Worse than ${kept}: ${line}`);
  if (values.keep) writeFileSync(kept, yaml);
  const full = isCoreInFull(report);
  if (!full) console.log(`The core is not in full. The suite's output is in ${logOf(part)}`);
  return full && worse.length === 0;
}

function reportOf(part: string): string {
  return join(OUTPUT, `${part}.yaml`);
}

function logOf(part: string): string {
  return join(OUTPUT, `${part}.log`);
}
