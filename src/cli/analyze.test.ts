import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const LATEEN = join(import.meta.dirname, "main.ts");
const folder = mkdtempSync(join(tmpdir(), "lateen-analyze-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function lateen(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [LATEEN, ...args], { encoding: "utf8", env: { ...process.env, TERM: "dumb" } });
}

const analyze = (...args: string[]): ReturnType<typeof lateen> => lateen("analyze", "--use-kube=false", ...args);

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {ports: [{name: http, port: 9080}]}\n";
const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
    - route:
        - destination:
            host: reviewz
`;

test("a mistake is printed with its file, line and remedy, and the exit status is 79", () => {
  const services = file("services.yaml", SERVICE);
  const routes = file("routes.yaml", ROUTE);
  const { status, stdout, stderr } = analyze(services, routes);
  assert.equal(
    stdout,
    `Error [IST0101] (VirtualService default/reviews ${routes}:10) Referenced host not found: "reviewz"\n  Did you mean "reviews"?\n`,
  );
  assert.match(stderr, /^Error: analysis found issues in /);
  assert.equal(status, 79);
});

test("thresholds say what is shown, and what fails", () => {
  const service = file("port.yaml", SERVICE.replace("name: http", "name: web"));
  const shown = (...args: string[]): [number | null, boolean] => {
    const { status, stdout } = analyze(service, ...args);
    return [status, stdout.includes("IST0118")];
  };
  assert.deepEqual(shown(), [0, true]);
  assert.deepEqual(shown("--failure-threshold", "info"), [79, true]);
  assert.deepEqual(shown("--output-threshold", "Warning"), [0, false]);
  assert.deepEqual(shown("-S", "IST0118=Service *.default"), [0, false]);
});

test("as JSON, scripts look into it: the exit status is 0", () => {
  const { status, stdout } = analyze(file("s.yaml", SERVICE), file("r.yaml", ROUTE), "-o", "json");
  assert.equal(status, 0);
  const [message] = JSON.parse(stdout);
  assert.deepEqual(message, {
    code: "IST0101",
    level: "Error",
    origin: "VirtualService default/reviews",
    reference: `${join(folder, "r.yaml")}:10`,
    field: "spec.http[0].route[0].destination.host",
    message: 'Referenced host not found: "reviewz"',
    remedy: 'did you mean "reviews"?',
    documentationUrl: "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
  });
});

test("a folder is looked into, with folders in it; what is no YAML is told, and the rest goes on", () => {
  const deep = join(folder, "app/deep");
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, "app/bad.yaml"), "kind: [\n");
  writeFileSync(join(folder, "app/values.yaml"), "replicas: 2\n");
  writeFileSync(join(folder, "app/empty.yaml"), "# nothing\n");
  writeFileSync(
    join(folder, "app/kustomization.yaml"),
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
  );
  writeFileSync(join(deep, "s.yaml"), SERVICE);
  const { status, stdout, stderr } = analyze(join(folder, "app"));
  assert.equal(stdout, "");
  assert.match(stderr, /bad\.yaml:\d+: is not YAML/);
  assert.match(stderr, /values\.yaml:1: has no apiVersion/);
  assert.doesNotMatch(stderr, /kustomization|empty/);
  assert.match(stderr, /No validation issues found .* \(but 2 documents could not be read\)/);
  assert.equal(status, 65);
  assert.equal(analyze(join(folder, "app"), "--ignore-unknown").status, 0);
});

test("what cannot be done is said with a remedy", () => {
  const said = (...args: string[]): string => {
    const { status, stderr } = analyze(...args);
    assert.equal(status, 1, stderr);
    return stderr;
  };
  assert.match(said(), /LTN5060.*nothing to analyze/);
  assert.match(said(join(folder, "none.yaml")), /LTN5013.*none\.yaml cannot be read/);
  assert.match(said("x.yaml", "-S", "IST0101"), /LTN5061/);
  assert.match(said("x.yaml", "--analyzer", "no.Such"), /LTN5062.*no\.Such/);
  assert.match(said("x.yaml", "--use-kube=maybe"), /must be true or false/);
});

test("without a cluster, files can still be looked at, and the error says how", () => {
  const env = { PATH: process.env.PATH, HOME: folder, LATEEN_HOME: join(folder, "home") };
  const { status, stderr } = spawnSync(process.execPath, [LATEEN, "analyze", file("s.yaml", SERVICE)], {
    encoding: "utf8",
    env,
  });
  assert.equal(status, 1);
  assert.match(stderr, /Or look at the files alone, with --use-kube=false/);
});

test("validate names each file that is valid, and what is wrong with the others", () => {
  const good = file("good.yaml", SERVICE);
  const bad = file("bad-route.yaml", ROUTE.replace("http:", "htpp:"));
  const { status, stdout, stderr } = lateen("validate", "-f", good, "-f", bad);
  assert.equal(stdout, `${JSON.stringify(good)} is valid\n`);
  assert.match(stderr, /bad-route\.yaml:7\) spec\.htpp: there is no field spec\.htpp\n {2}Did you mean http\?/);
  assert.equal(status, 1);
  assert.equal(lateen("validate", "-f", good).status, 0);
});

test("validate reads what is to be installed as install does", () => {
  const operator = (spec: string): string =>
    `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: ${spec}\n`;
  const good = lateen("validate", "-f", file("operator.yaml", operator("{profile: demo}")));
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /operator\.yaml" is valid/);
  const bad = lateen("validate", "-f", file("operator.yaml", operator("{profil: demo}")));
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /profil/);
});
