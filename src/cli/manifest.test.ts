/** The commands as they are called. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseAllDocuments } from "yaml";

const LATEEN = join(import.meta.dirname, "../../bin/lateen");
const folder = mkdtempSync(join(tmpdir(), "lateen-manifest-"));
after(() => rmSync(folder, { recursive: true }));

function lateen(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(LATEEN, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  return { status, stdout, stderr };
}

test("manifest generate prints a stream of objects, or writes a file for each component", () => {
  const { status, stdout } = lateen("manifest", "generate", "--set", "profile=demo", "--component", "egressgateways");
  assert.equal(status, 0);
  assert.deepEqual(
    parseAllDocuments(stdout).map((document) => document.get("kind")),
    ["ServiceAccount", "Deployment", "Service"],
  );
  const out = join(folder, "out");
  assert.equal(lateen("manifest", "generate", "--set", "profile=minimal", "-o", out).status, 0);
  assert.deepEqual(readdirSync(out), ["1-Base.yaml", "2-Pilot.yaml"]);
});

test("manifest diff names the fields that differ, and ends with 1 when there are any", () => {
  const [a, b] = [join(folder, "a.yaml"), join(folder, "b.yaml")];
  writeFileSync(a, lateen("manifest", "generate", "--component", "ingressgateways").stdout);
  const sets = ["--set", "values.gateways.istio-ingressgateway.type=NodePort"];
  const scaled = [...sets, "--set", "values.gateways.istio-ingressgateway.autoscaleEnabled=false"];
  writeFileSync(b, lateen("manifest", "generate", "--component", "ingressgateways", ...scaled).stdout);
  assert.deepEqual(lateen("manifest", "diff", a, a), { status: 0, stdout: "They say the same.\n", stderr: "" });
  const { status, stdout } = lateen("manifest", "diff", a, b);
  assert.equal(status, 1);
  assert.match(stdout, /^~ Service istio-system\/istio-ingressgateway\n {2}spec\.type: "LoadBalancer" → "NodePort"$/m);
  assert.match(stdout, /^- HorizontalPodAutoscaler istio-system\/istio-ingressgateway: only in /m);
});

test("profile dump is a file that manifest generate takes, and says who does not", () => {
  const file = join(folder, "demo.yaml");
  const dumped = lateen("profile", "dump", "demo").stdout;
  assert.match(dumped, /^# .*Kubernetes does not know this kind/);
  writeFileSync(file, dumped);
  assert.equal(
    lateen("manifest", "generate", "-f", file).stdout,
    lateen("manifest", "generate", "--set", "profile=demo").stdout,
  );
});

test("profiles are listed and compared; parts of one are shown", () => {
  assert.match(lateen("profile", "list").stdout, /^demo {2,}/m);
  const { status, stdout } = lateen("profile", "diff", "default", "minimal");
  assert.equal(status, 1);
  assert.match(stdout, /components\.ingressGateways\[0\]\.enabled: true → false/);
  assert.equal(lateen("profile", "dump", "-p", "values.global.proxy.image").stdout, "proxyv2\n");
});

test("what is wrong is one line and its remedy, and warnings do not get into the manifest", () => {
  assert.deepEqual(lateen("manifest", "generate", "--set", "profile=dmo"), {
    status: 1,
    stdout: "",
    stderr: 'Error LTN5305: there is no profile "dmo"\n  Use one of default, demo, minimal, empty.\n',
  });
  const { status, stdout, stderr } = lateen("manifest", "generate", "--set", "values.global.logAsJson=true");
  assert.equal(status, 0);
  assert.match(stderr, /^Warning: spec\.values\.global\.logAsJson has no effect: /);
  assert.doesNotMatch(stdout, /Warning/);
});
