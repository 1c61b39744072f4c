import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { deploymentKind } from "../../../../kinds/core/deployment.ts";
import { namespaceKind } from "../../../../kinds/core/namespace.ts";
import { mutatingWebhookConfigurationKind } from "../../../../kinds/core/webhook-configuration.ts";
import { toCrd } from "../../../../kinds/crd.ts";
import { gatewayApiKinds } from "../../../../kinds/gateway-api/index.ts";
import { virtualServiceKind } from "../../../../kinds/istio/virtual-service.ts";
import type { KubeObject } from "../../../../store/object.ts";
import { applyInstallation } from "../apply-installation.ts";
import { definitionType } from "../definitions.ts";
import { deliveryOf } from "../delivery-of.ts";
import type { Finding } from "../finding.ts";
import { apiOf, deployment, type FakeCluster, fakeCluster, ns, told } from "../testing.ts";
import { precheck } from "./precheck.ts";

const INTENDED = { namespace: "istio-system", revision: "default", version: "0.1.0" };

describe("checks before an installation", () => {
  let cluster: FakeCluster;
  const { delivery } = deliveryOf({ files: [], sets: ["profile=minimal"] });
  beforeEach(async () => {
    cluster = await fakeCluster();
    for (const kind of gatewayApiKinds) await cluster.client.create(definitionType, toCrd(kind));
  });
  afterEach(() => cluster.store.close());

  const check = (): Promise<Finding[]> => precheck(apiOf(cluster), delivery, INTENDED);
  const install = (): Promise<unknown> =>
    applyInstallation(apiOf(cluster), delivery, {
      readinessTimeoutMs: 100,
      signal: new AbortController().signal,
      progress: told(),
    });
  const only = async (): Promise<Finding> => {
    const [finding, ...others] = await check();
    assert.ok(finding);
    assert.deepEqual(others, []);
    return finding;
  };

  test("an empty cluster that is new enough is in order, and so is one with the same installation", async () => {
    assert.deepEqual(await check(), []);
    await install();
    assert.deepEqual(await check(), []);
  });

  test("a cluster too old is an error that --force overrides", async () => {
    cluster.version = "v1.28.15+k3s1";
    const finding = await only();
    assert.equal(finding.code, "LTN5340");
    assert.equal(finding.level, "error");
    assert.equal(finding.forcible, true);
  });

  test("missing rights are listed, all at once", async () => {
    for (const verb of ["create", "patch"]) cluster.denied.add(`${verb} deployments`);
    cluster.denied.add("delete clusterroles");
    const finding = await only();
    assert.equal(finding.code, "LTN5343");
    assert.match(finding.message, /\n {2}create, patch deployments\.apps in istio-system/);
    assert.match(finding.message, /\n {2}delete clusterroles\.rbac\.authorization\.k8s\.io/);
  });

  test("a namespace on its way out is an error that says what holds it", async () => {
    const held = { ...ns("istio-system"), spec: { finalizers: ["kubernetes"] } };
    await cluster.store.create(namespaceKind.type, held);
    await cluster.store.create(
      { ...namespaceKind.type, plural: "configmaps", kind: "ConfigMap", namespaced: true },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "kept", namespace: "istio-system", finalizers: ["example.com/keep"] },
      },
    );
    await cluster.store.delete(namespaceKind.type, { name: "istio-system" });
    const finding = await only();
    assert.equal(finding.code, "LTN5342");
    assert.match(finding.remedy, /kubectl wait --for=delete namespace\/istio-system/);
  });

  test("Istio's own control plane is in the way of the same revision, not of another", async () => {
    await cluster.store.create(namespaceKind.type, ns("istio-system"));
    const foreign = deployment("istiod", "docker.io/istio/pilot:1.22.3", {
      labels: { app: "istiod", "istio.io/rev": "default" },
    });
    await cluster.client.create(deploymentKind.type, foreign);
    const finding = await only();
    assert.equal(finding.code, "LTN5350");
    assert.match(finding.message, /Istio 1\.22\.3, revision default/);
    const canary = deliveryOf({ files: [], sets: ["profile=minimal"], revision: "canary" }).delivery;
    assert.deepEqual(await precheck(apiOf(cluster), canary, { ...INTENDED, revision: "canary" }), []);
  });

  test("the same revision in another namespace would inject the same pods", async () => {
    await cluster.store.create(namespaceKind.type, ns("mesh"));
    const labels = { app: "istiod", "istio.io/rev": "default", "app.kubernetes.io/part-of": "lateen" };
    await cluster.client.create(deploymentKind.type, deployment("istiod", "pilot:1", { namespace: "mesh", labels }));
    assert.equal((await only()).code, "LTN5349");
  });

  test("half an installation is no obstacle", async () => {
    await install();
    await cluster.store.delete(deploymentKind.type, { namespace: "istio-system", name: "istiod" });
    const finding = await only();
    assert.equal(finding.level, "note");
    assert.equal(finding.code, "LTN5351");
  });

  test("another version in place is a warning", async () => {
    await install();
    const [finding] = await precheck(apiOf(cluster), delivery, { ...INTENDED, version: "0.2.0" });
    assert.equal(finding?.code, "LTN5352");
    assert.match(finding?.message ?? "", /upgraded from 0\.1\.0 to 0\.2\.0/);
  });

  test("definitions of others are replaced, unless they store what ours cannot", async () => {
    const crd = toCrd(virtualServiceKind);
    const foreign = { ...crd, metadata: { name: crd.metadata.name } };
    await cluster.client.create(definitionType, foreign);
    const replaced = await only();
    assert.equal(replaced.code, "LTN5347");
    assert.equal(replaced.level, "note");
    const body = { status: { storedVersions: ["v1alpha1", "v1"] } };
    await cluster.store.patch(definitionType, foreign.metadata, { type: "merge", body }, { subresource: "status" });
    const lost = await only();
    assert.equal(lost.code, "LTN5346");
    assert.equal(lost.level, "error");
    assert.match(lost.message, /stores objects in version v1alpha1/);
  });

  test("a webhook that calls nobody is in the way only where it would refuse", async () => {
    await cluster.store.create(mutatingWebhookConfigurationKind.type, webhook("stale", "Fail", ["pods"]));
    assert.equal((await only()).level, "error");
    await cluster.store.delete(mutatingWebhookConfigurationKind.type, { name: "stale" });
    await cluster.store.create(mutatingWebhookConfigurationKind.type, webhook("mild", "Ignore", ["pods"]));
    assert.equal((await only()).level, "warning");
    await cluster.store.delete(mutatingWebhookConfigurationKind.type, { name: "mild" });
    await cluster.store.create(mutatingWebhookConfigurationKind.type, webhook("far", "Fail", ["cronjobs"]));
    assert.equal((await only()).level, "warning");
  });

  test("what is left of our own webhooks will be replaced, so it is no matter", async () => {
    await cluster.store.create(
      mutatingWebhookConfigurationKind.type,
      webhook("istio-sidecar-injector", "Fail", ["pods"]),
    );
    assert.deepEqual(await check(), []);
  });

  test("a Gateway API that is absent is a note, an old one a warning with what will not work", async () => {
    const [gone] = gatewayApiKinds;
    assert.ok(gone);
    await cluster.store.delete(definitionType, { name: `${gone.type.plural}.${gone.type.group}` });
    const old = await only();
    assert.equal(old.level, "warning");
    assert.match(old.message, new RegExp(`${gone.type.plural}\\.\\S+ is missing`));
    for (const { type } of gatewayApiKinds.slice(1)) {
      await cluster.store.delete(definitionType, { name: `${type.plural}.${type.group}` });
    }
    assert.equal((await only()).level, "note");
  });

  test("kinds of the Gateway API's experimental channel are not missed", async () => {
    for (const { type } of gatewayApiKinds.filter(({ type }) => /^(TCP|TLS)Route$/.test(type.kind))) {
      await cluster.store.delete(definitionType, { name: `${type.plural}.${type.group}` });
    }
    assert.deepEqual(await check(), []);
  });

  test("what the API would refuse is found before anything is done", async () => {
    const wrong: KubeObject = { ...deployment("extra", "a:1"), spec: { replicas: "many" } };
    await cluster.store.create(namespaceKind.type, ns("istio-system"));
    const components = [...delivery.components, { name: "Pilot", objects: [wrong] }];
    const [finding] = await precheck(apiOf(cluster), { ...delivery, components }, INTENDED);
    assert.equal(finding?.code, "LTN5321");
    assert.match(finding?.message ?? "", /Deployment istio-system\/extra would be refused/);
  });
});

function webhook(name: string, failurePolicy: string, resources: string[]): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    webhooks: [
      {
        name: "a.example.com",
        clientConfig: { service: { name: "nobody", namespace: "nowhere" } },
        rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["CREATE"], resources }],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        failurePolicy,
      },
    ],
  };
}
