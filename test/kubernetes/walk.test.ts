/**
 * The walk-through on a real cluster, command by command and in its order, with `lateen` where it says `istioctl`: from
 * `lateen install` to `lateen uninstall`, after which nothing of it is left.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClusterWorld } from "../support/cluster-world.ts";
import { eventually } from "../support/eventually.ts";
import { get } from "../support/load.ts";
import { routingWalk } from "../support/routing-walk.ts";

const SAMPLES = "samples/bookinfo";

/** What the walk's `kubectl get crds` prints. */
const CRDS = [
  "authorizationpolicies.security.istio.io",
  "destinationrules.networking.istio.io",
  "envoyfilters.networking.istio.io",
  "gatewayclasses.gateway.networking.k8s.io",
  "gateways.gateway.networking.k8s.io",
  "gateways.networking.istio.io",
  "grpcroutes.gateway.networking.k8s.io",
  "httproutes.gateway.networking.k8s.io",
  "peerauthentications.security.istio.io",
  "proxyconfigs.networking.istio.io",
  "referencegrants.gateway.networking.k8s.io",
  "requestauthentications.security.istio.io",
  "serviceentries.networking.istio.io",
  "sidecars.networking.istio.io",
  "telemetries.telemetry.istio.io",
  "virtualservices.networking.istio.io",
  "wasmplugins.extensions.istio.io",
  "workloadentries.networking.istio.io",
  "workloadgroups.networking.istio.io",
];

describe("the walk-through on Kubernetes", { timeout: 900_000 }, () => {
  const world = new ClusterWorld();
  const folder = mkdtempSync(join(tmpdir(), "lateen-walk-"));
  const file = (name: string): string => join(folder, name);

  before(() => world.bare());
  after(async () => {
    await world.end();
    rmSync(folder, { recursive: true });
  });

  test("the demo profile without gateways is installed", async () => {
    const said = await world.lateen("install", "-f", `${SAMPLES}/demo-profile-no-gateways.yaml`, "-y");
    assert.match(said, /Istiod installed/);
    assert.match(said, /Installation complete/);
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled");
  });

  test("verify-install and analyze find nothing wrong", async () => {
    assert.match(await world.lateen("verify-install"), /Deployment: istiod\.istio-system checked successfully/);
    const { status, stdout, stderr } = await world.tryLateen("analyze");
    assert.equal(status, 0, stdout);
    assert.match(stderr, /No validation issues found when analyzing namespace: default/);
  });

  test("with the Gateway API's CRDs, kubectl shows the walk's list", async () => {
    await world.gatewayApiCrds();
    const shown = await world.kubectl("get", "crds", "-o", "name");
    for (const name of CRDS) assert.ok(shown.includes(`/${name}\n`), `${name} is missing in:\n${shown}`);
  });

  test("Bookinfo's pods come up with their sidecars", async () => {
    await world.kubectl("apply", "-f", `${SAMPLES}/platform/kube/bookinfo.yaml`);
    await world.kubectl("wait", "--for=condition=available", "--timeout=180s", "deployment", "--all");
    const lines = (await world.kubectl("get", "pods", "-l", "app", "--no-headers")).trim().split("\n");
    assert.equal(lines.length, 6, lines.join("\n"));
    for (const line of lines) assert.match(line, /\s2\/2\s+Running\s/);
    assert.match(await world.kubectl("get", "po,svc,sa"), /serviceaccount\/bookinfo-reviews/);
  });

  test("the gateway class is there, and the Gateway gets a deployment, an address and traffic", async () => {
    await eventually(async () => {
      assert.match(await world.kubectl("get", "gatewayclass"), /istio\s+istio.io\/gateway-controller\s+True/);
    });
    assert.match(await world.kubectl("describe", "gatewayclass/istio"), /istio\.io\/gateway-controller/);
    await world.kubectl("apply", "-f", `${SAMPLES}/gateway-api/bookinfo-gateway.yaml`);
    await world.kubectl("wait", "--for=condition=programmed", "--timeout=120s", "gateway/bookinfo-gateway");
    const url = await world.bookinfo();
    const page = await get(`${url}/productpage`);
    assert.equal(page.status, 200);
    assert.match(page.body, /<title>Simple Bookstore App<\/title>/);
  });

  test("the demo profile with gateways adds them", async () => {
    await world.lateen("install", "-f", `${SAMPLES}/demo-profile-with-gateways.yaml`, "-y");
    const shown = await world.kubectl("get", "po,svc", "-n", "istio-system");
    assert.match(shown, /service\/istio-ingressgateway\s+LoadBalancer/);
    assert.match(shown, /service\/istio-egressgateway\s+ClusterIP/);
  });

  routingWalk(world);

  test("every proxy is in sync", async () => {
    const shown = await world.lateen("proxy-status");
    assert.match(shown, /productpage-v1-\S+\.default/);
    assert.doesNotMatch(shown, /Rejected/);
  });

  test("profiles are listed and dumped; what is dumped is installed", async () => {
    const profiles = await world.lateen("profile", "list");
    for (const profile of ["default", "demo", "empty", "minimal"]) {
      assert.match(profiles, new RegExp(`^${profile} `, "m"));
    }
    writeFileSync(file("default_profile.yml"), await world.lateen("profile", "dump", "default"));
    assert.match(await world.lateen("install", "-f", file("default_profile.yml"), "-y"), /Installation complete/);
  });

  test("a manifest that kubectl applies is one that verify-install accepts", async () => {
    writeFileSync(file("istio.yaml"), await world.lateen("manifest", "generate", "--set", "profile=demo"));
    await world.lateen("install", "--set", "profile=demo", "-y");
    await world.kubectl("apply", "--server-side", "--force-conflicts", "-f", file("istio.yaml"));
    await world.lateen("verify-install");
    await world.lateen("verify-install", "-f", file("istio.yaml"));
    assert.match(await world.kubectl("get", "all", "-n", "istio-system"), /deployment\.apps\/istiod/);
    assert.ok(readFileSync(file("istio.yaml"), "utf8").includes("kind: CustomResourceDefinition"));
  });

  test("uninstall --purge leaves nothing", async () => {
    await world.lateen("uninstall", "-y", "--purge");
    const kinds = "crd,mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings";
    const left = await world.kubectl("get", kinds, "-o", "name");
    assert.doesNotMatch(left, /istio|lateen/);
    await world.kubectl("delete", "namespace", "istio-system");
    await world.kubectl("label", "namespace", "default", "istio-injection-");
    // without the webhook, pods start as they did before
    await world.kubectl("rollout", "restart", "deployment/details-v1");
    await world.kubectl("rollout", "status", "deployment/details-v1", "--timeout=60s");
    assert.match(await world.kubectl("get", "pods", "-l", "app=details", "--no-headers"), /\s1\/1\s+Running/);
  });
});
