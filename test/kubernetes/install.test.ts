/**
 * Installing into a real cluster and taking it away again: a second time, after drift, when it fails, when it is
 * interrupted, and when the cluster is not as it should be. What is refused leaves nothing behind.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClusterWorld } from "../support/cluster-world.ts";
import type { Outcome } from "../support/run.ts";
import { LATEEN } from "../support/world.ts";

/** What belongs to no namespace and could be left of an installation. */
const CLUSTER_WIDE =
  "crd,mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings";
const MISSING_IMAGE = ["--set", "tag=there-is-no-such-tag", "--readiness-timeout", "15s", "-y"];

describe("installing into a cluster", { timeout: 900_000 }, () => {
  const world = new ClusterWorld();
  const folder = mkdtempSync(join(tmpdir(), "lateen-install-"));

  before(() => world.bare());
  after(async () => {
    await world.end();
    rmSync(folder, { recursive: true });
  });

  const names = async (...what: string[]): Promise<string[]> =>
    (await world.kubectl("get", ...what, "-o", "name")).split("\n").filter((line) => line !== "");
  /** All of the cluster that mentions Istio. */
  const traces = async (): Promise<string[]> =>
    (await names(`${CLUSTER_WIDE},namespaces`)).filter((name) => /istio|lateen/.test(name));
  const refused = async (code: string, ...args: string[]): Promise<Outcome> => {
    const outcome = await world.tryLateen(...args);
    assert.equal(outcome.status, 1, outcome.stdout);
    assert.match(outcome.stderr, new RegExp(`Error ${code}: `));
    return outcome;
  };
  const image = (): Promise<string> =>
    world.kubectl("get", "deployment", "istiod", "-n", "istio-system", "-o", "jsonpath={..image}");

  test("a dry run says what would be done, and does nothing of it", async () => {
    const said = await world.lateen("install", "--set", "profile=demo", "--dry-run");
    assert.match(said, /create {2}Deployment istio-system\/istiod/);
    assert.match(said, /Nothing was done/);
    assert.deepEqual(await traces(), []);
  });

  test("whoever may only look is told which rights are missing, and nothing is begun", async () => {
    const viewer = await world.viewer(folder);
    const { stderr } = await refused("LTN5343", "install", "-y", "--kubeconfig", viewer);
    assert.match(stderr, /create, patch, delete deployments\.apps in istio-system/);
    await world.kubectl("delete", "clusterrolebinding/viewer", "serviceaccount/viewer");
    assert.deepEqual(await traces(), []);
  });

  test("nobody is there to say yes: nothing is begun", async () => {
    const { stdout } = await refused("LTN5334", "install");
    assert.match(stdout, /This will install the Lateen \S+ "default" profile .* Proceed\? \(y\/N\)/);
    assert.deepEqual(await traces(), []);
  });

  test("an image that does not exist is named, and what was made until then goes again", async () => {
    const { stdout, stderr } = await refused("LTN5330", "install", ...MISSING_IMAGE);
    assert.match(stdout, /✔ Istio core installed\n[\s\S]*✘ Istiod encountered an error/);
    assert.match(stderr, /image \S+:there-is-no-such-tag cannot be pulled/);
    assert.match(stderr, /Rolled back: \d+ new objects removed\./);
    assert.deepEqual(await traces(), []);
  });

  test("interrupted in the middle, a second run goes on to the end", async () => {
    const child = spawn(LATEEN, ["install", "--set", "profile=demo", "-y"], {
      env: { ...process.env, KUBECONFIG: world.kubeconfig },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += String(chunk);
      // Once: a second time ends it on the spot.
      if (said.includes("Istio core installed") && !child.killed) child.kill("SIGINT");
    });
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    const [status] = await once(child, "close");
    assert.equal(status, 1, said);
    assert.match(said, /Error LTN5331: stopped in the middle/);
    assert.doesNotMatch(said, /✘/);
    assert.notDeepEqual(await traces(), []);
    const again = await world.lateen("install", "--set", "profile=demo", "-y");
    assert.match(again, /✔ Istio core installed \(unchanged\)\n/);
    for (const title of ["Istiod", "Ingress gateways", "Egress gateways"])
      assert.ok(again.includes(`✔ ${title} installed\n`));
  });

  test("another run finds everything as it should be, and so does verify-install", async () => {
    assert.match(
      await world.lateen("install", "--set", "profile=demo", "-y"),
      /✔ Installation complete: everything was as it should be/,
    );
    const said = await world.lateen("verify-install");
    assert.match(said, /✔ Deployment: istiod\.istio-system checked successfully/);
    assert.match(said, /✔ Istio is installed and verified successfully/);
  });

  test("what somebody changed or deleted is found by its field, and brought back", async () => {
    const mesh = JSON.stringify({ data: { mesh: "accessLogFile: /dev/null" } });
    await world.kubectl("patch", "configmap", "istio", "-n", "istio-system", "--type=merge", "-p", mesh);
    await world.kubectl("delete", "serviceaccount", "istio-egressgateway-service-account", "-n", "istio-system");
    const { stdout } = await refused("LTN5335", "verify-install");
    assert.match(stdout, /✘ ConfigMap: istio\.istio-system: a problem\n {4}data\.mesh \(line \d+\) should be/);
    assert.match(
      stdout,
      /✘ ServiceAccount: istio-egressgateway-service-account\.istio-system: a problem\n {4}it is not there/,
    );
    await world.lateen("install", "--set", "profile=demo", "-y");
    await world.lateen("verify-install");
  });

  test("an upgrade goes by what was installed, and takes new settings", async () => {
    const said = await world.lateen("upgrade", "-y");
    assert.match(said, /Lateen is \S+ already; with the files and flags of its installation/);
    assert.match(said, /everything was as it should be/);
    await world.lateen("upgrade", "--set", "profile=demo", "--set", "meshConfig.accessLogEncoding=JSON", "-y");
    const mesh = await world.kubectl("get", "configmap", "istio", "-n", "istio-system", "-o", "jsonpath={.data.mesh}");
    assert.match(mesh, /accessLogEncoding: "?JSON/);
    await world.lateen("verify-install");
  });

  test("what the new installation no longer has is pruned", async () => {
    const said = await world.lateen("install", "--set", "profile=minimal", "-y");
    assert.match(said, /Removed Deployment istio-ingressgateway/);
    assert.deepEqual(await names("deployments", "-n", "istio-system"), ["deployment.apps/istiod"]);
    await world.lateen("verify-install");
  });

  test("a change that fails leaves the control plane as it was, running", async () => {
    const before = await image();
    const { stderr } = await refused("LTN5330", "install", "--set", "profile=minimal", ...MISSING_IMAGE);
    assert.match(stderr, /Rolled back: .*put back as they were/);
    assert.equal(await image(), before);
    await world.lateen("verify-install");
  });

  test("a webhook that calls nobody keeps an installation from being begun", async () => {
    await world.apply(LOST_WEBHOOK);
    const { stderr } = await refused("LTN5344", "install", "--set", "profile=demo", "-y");
    assert.match(stderr, /kubectl delete mutatingwebhookconfiguration lost/);
    await world.kubectl("delete", "mutatingwebhookconfiguration", "lost");
    assert.deepEqual(await names("deployments", "-n", "istio-system"), ["deployment.apps/istiod"]);
  });

  test("a revision is installed beside it and taken away; tags and the other revision are not touched by it", async () => {
    await world.lateen("install", "--set", "profile=minimal", "--revision", "canary", "-y");
    await world.lateen("tag", "set", "prod", "--revision", "canary");
    assert.match(await world.lateen("tag", "list"), /TAG +REVISION +NAMESPACES\nprod +canary/);
    await refused("LTN5361", "tag", "set", "prod", "--revision", "default");
    await world.lateen("tag", "set", "prod", "--revision", "default", "--overwrite");
    await world.lateen("uninstall", "--revision", "canary", "-y");
    assert.match(await world.lateen("tag", "list"), /prod +default/);
    assert.deepEqual(
      (await names(CLUSTER_WIDE)).filter((name) => name.includes("canary")),
      [],
    );
    await world.lateen("verify-install");
  });

  test("a purge leaves nothing, and says what goes with the definitions", async () => {
    await world.apply(VIRTUAL_SERVICE);
    const said = await world.lateen("uninstall", "--purge", "-y");
    assert.match(
      said,
      /Objects that will be lost with their definitions:\n {2}1 virtualservices\.networking\.istio\.io/,
    );
    assert.match(said, /✔ Uninstall complete/);
    assert.deepEqual(await traces(), ["namespace/istio-system"], "which is the cluster's");
    assert.deepEqual(
      (await names("configmaps,secrets,leases", "-A")).filter((name) => /istio|lateen/.test(name)),
      [],
    );
    assert.match(await world.lateen("uninstall", "--purge", "-y"), /Nothing of an installation is left/);
  });

  test("a namespace on its way out, and definitions that store what ours cannot, are in the way", async () => {
    await world.apply(HELD);
    await world.kubectl("delete", "namespace", "istio-system", "--wait=false");
    await refused("LTN5342", "install", "-y");
    const free = '{"metadata":{"finalizers":null}}';
    await world.kubectl("patch", "configmap", "held", "-n", "istio-system", "--type=merge", "-p", free);
    await world.kubectl("wait", "--for=delete", "namespace/istio-system", "--timeout=60s");

    await world.apply(OLD_DEFINITION);
    await world.kubectl("wait", "--for=condition=established", "crd/virtualservices.networking.istio.io");
    const { stderr } = await refused("LTN5346", "install", "-y");
    assert.match(
      stderr,
      /definition virtualservices\.networking\.istio\.io of another installation stores objects in version v1alpha1/,
    );
    await world.kubectl("delete", "crd", "virtualservices.networking.istio.io");
    assert.deepEqual(await traces(), []);
  });
});

const LOST_WEBHOOK = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: lost }
webhooks:
  - name: lost.example.com
    clientConfig: { service: { name: nobody, namespace: nowhere } }
    # never called in this test, so that the cluster goes on
    namespaceSelector: { matchLabels: { never: here } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    sideEffects: None
    admissionReviewVersions: [v1]
`;
const VIRTUAL_SERVICE = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: mine, namespace: default }
spec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews } }] }] }
`;
const HELD = `
apiVersion: v1
kind: ConfigMap
metadata: { name: held, namespace: istio-system, finalizers: [example.com/held] }
`;
const OLD_DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: virtualservices.networking.istio.io }
spec:
  group: networking.istio.io
  scope: Namespaced
  names: { kind: VirtualService, plural: virtualservices }
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;
