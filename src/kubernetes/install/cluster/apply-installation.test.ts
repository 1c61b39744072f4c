import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { configMapKind } from "../../../kinds/core/config-map.ts";
import { deploymentKind } from "../../../kinds/core/deployment.ts";
import { namespaceKind } from "../../../kinds/core/namespace.ts";
import {
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurationKind,
} from "../../../kinds/core/webhook-configuration.ts";
import { toCrd } from "../../../kinds/crd.ts";
import { virtualServiceKind } from "../../../kinds/istio/virtual-service.ts";
import type { KubeObject } from "../../../store/object.ts";
import { type ApplyOptions, applyInstallation, type Delivered } from "./apply-installation.ts";
import { definitionType } from "./definitions.ts";
import type { Delivery } from "./delivery.ts";
import { deliveryOf } from "./delivery-of.ts";
import { find } from "./objects.ts";
import { apiOf, configMap, delivery, deployment, type FakeCluster, fakeCluster, ns, told } from "./testing.ts";

const VALIDATORS = validatingWebhookConfigurationKind.type;
const ISTIO = { namespace: "istio-system", name: "istio" };
const ISTIOD = { namespace: "istio-system", name: "istiod" };

describe("applying an installation", () => {
  let cluster: FakeCluster;
  beforeEach(async () => {
    cluster = await fakeCluster();
  });
  afterEach(() => cluster.store.close());

  const apply = (wanted: Delivery, options: Partial<ApplyOptions> = {}): Promise<Delivered> =>
    applyInstallation(apiOf(cluster), wanted, {
      readinessTimeoutMs: 100,
      signal: new AbortController().signal,
      progress: told(),
      ...options,
    });
  const pilot = (...objects: KubeObject[]): Delivery => delivery([{ name: "Pilot", objects }]);
  const mesh = (text: string): KubeObject => configMap("istio", { mesh: text });

  test("a profile is brought in component by component, and a second time nothing changes", async () => {
    const { delivery: wanted } = deliveryOf({ files: [], sets: ["profile=demo"] });
    const progress = told();
    const first = await apply(wanted, { progress });
    const starts = progress.lines.filter((line) => line.startsWith("started"));
    assert.deepEqual(starts, ["started Base", "started Pilot", "started IngressGateways", "started EgressGateways"]);
    assert.ok(
      progress.lines.indexOf("started Pilot") > progress.lines.findIndex((line) => line.startsWith("finished Base")),
    );
    assert.equal(first.touched, wanted.components.flatMap(({ objects }) => objects).length + 1);
    assert.deepEqual(await apply(wanted), { touched: 0, pruned: [] });
  });

  test("what the new installation no longer has is removed, and nothing of others", async () => {
    await apply(pilot(deployment("istiod", "pilot:1"), configMap("old", {})));
    const theirs = { ...configMap("theirs", {}), metadata: { name: "theirs", namespace: "istio-system" } };
    const tag = configMap("tagged", {});
    tag.metadata.labels = { ...tag.metadata.labels, "istio.io/tag": "prod" };
    await cluster.store.create(configMapKind.type, theirs);
    await cluster.store.create(configMapKind.type, tag);
    const { pruned } = await apply(pilot(deployment("istiod", "pilot:1")));
    assert.deepEqual(
      pruned.map(({ metadata }) => metadata.name),
      ["old"],
    );
    assert.equal(await find(cluster.store, configMapKind.type, { namespace: "istio-system", name: "old" }), undefined);
    for (const name of ["theirs", "tagged"])
      await cluster.store.get(configMapKind.type, { namespace: "istio-system", name });
  });

  test("fields that others took over are taken back", async () => {
    await apply(pilot(mesh("ours")));
    await cluster.store.patch(
      configMapKind.type,
      ISTIO,
      { type: "merge", body: { data: { mesh: "theirs" } } },
      { fieldManager: "kubectl-edit" },
    );
    assert.equal((await apply(pilot(mesh("ours")))).touched, 1);
    assert.deepEqual((await cluster.store.get(configMapKind.type, ISTIO)).data, { mesh: "ours" });
  });

  test("an image that cannot be pulled is told in the kubelet's words, and a first installation leaves nothing", async () => {
    cluster.broken.set("gone:1", { waiting: { reason: "ImagePullBackOff", message: "not found" } });
    const progress = told();
    const failing = apply(pilot(mesh("a"), deployment("istiod", "gone:1")), { progress });
    await assert.rejects(failing, (error: Error & { code?: string; remedy?: string }) => {
      assert.equal(error.code, "LTN5330");
      assert.match(error.message, /Deployment istio-system\/istiod is not ready \(0 of 1 pods ready\)/);
      assert.match(error.message, /image gone:1 cannot be pulled: ImagePullBackOff: not found/);
      assert.match(error.message, /Rolled back: 3 new objects removed\./);
      assert.match(error.remedy ?? "", /--set hub=/);
      return true;
    });
    assert.deepEqual(progress.lines, ["started Pilot", "failed Pilot", "Rolling back"]);
    assert.equal(await find(cluster.store, namespaceKind.type, { name: "istio-system" }), undefined);
  });

  test("a container that crashes is told with the end of its log", async () => {
    cluster.broken.set("crash:1", { terminated: { exitCode: 3, reason: "Error" } });
    cluster.log = "starting\nno such file: mesh.yaml\n";
    const failing = apply(pilot(deployment("istiod", "crash:1")));
    await assert.rejects(failing, /ended with status 3; its last words:\n {4}starting\n {4}no such file: mesh\.yaml/);
  });

  test("a failed change puts back exactly what was there, with who owns which field", async () => {
    await apply(pilot(mesh("old"), deployment("istiod", "pilot:1"), configMap("gone-in-2", { a: "b" })));
    const edit = { type: "merge", body: { data: { mesh: "edited", more: "theirs" } } } as const;
    await cluster.store.patch(configMapKind.type, ISTIO, edit, { fieldManager: "kubectl-edit" });
    const before = [
      await cluster.store.get(configMapKind.type, ISTIO),
      await cluster.store.get(deploymentKind.type, ISTIOD),
    ];
    cluster.broken.set("pilot:2", { waiting: { reason: "ErrImagePull" } });
    const failing = apply(pilot(mesh("new"), deployment("istiod", "pilot:2"), configMap("new", {})));
    await assert.rejects(failing, /Rolled back: 1 new objects removed, 2 put back as they were/);
    const after = [
      await cluster.store.get(configMapKind.type, ISTIO),
      await cluster.store.get(deploymentKind.type, ISTIOD),
    ];
    assert.deepEqual(after.map(content), before.map(content));
    assert.equal(await find(cluster.store, configMapKind.type, { namespace: "istio-system", name: "new" }), undefined);
    await cluster.store.get(configMapKind.type, { namespace: "istio-system", name: "gone-in-2" });
  });

  test("a definition of which there are objects by then outlives a rollback", async () => {
    cluster.broken.set("gone:1", { waiting: { reason: "ErrImagePull" } });
    const crd = toCrd(virtualServiceKind);
    const wanted = delivery([
      { name: "Base", objects: [crd] },
      { name: "Pilot", objects: [deployment("istiod", "gone:1")] },
    ]);
    const progress = told();
    const started = progress.started;
    progress.started = (component) => {
      started(component);
      if (component !== "Pilot") return;
      void cluster.store.create(virtualServiceKind.type, {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "mine", namespace: "default" },
        spec: { hosts: ["a"], http: [{ route: [{ destination: { host: "a" } }] }] },
      });
    };
    await assert.rejects(
      apply(wanted, { progress }),
      /stays: CustomResourceDefinition virtualservices\.networking\.istio\.io/,
    );
    await cluster.store.get(definitionType, { name: crd.metadata.name });
    await cluster.store.get(virtualServiceKind.type, { namespace: "default", name: "mine" });
  });

  test("stopped in the middle, everything done so far stays, and another run goes on", async () => {
    const controller = new AbortController();
    const wanted = delivery([
      { name: "Base", objects: [mesh("a")] },
      { name: "Pilot", objects: [deployment("istiod", "pilot:1")] },
    ]);
    const progress = told();
    progress.finished = () => controller.abort();
    await assert.rejects(apply(wanted, { progress, signal: controller.signal }), { code: "LTN5331" });
    await cluster.store.get(configMapKind.type, ISTIO);
    assert.equal(await find(cluster.store, deploymentKind.type, ISTIOD), undefined);
    assert.equal((await apply(wanted)).touched, 2);
  });

  test("a validation webhook that the control plane lets fail closed stays so, and nothing changes by it", async () => {
    const { delivery: wanted } = deliveryOf({ files: [], sets: ["profile=minimal"] });
    await apply(wanted);
    const name = { name: "istio-validator-istio-system" };
    const validator = await cluster.store.get<ValidatingWebhookConfiguration>(VALIDATORS, name);
    const webhooks = validator.webhooks?.map((hook) => ({ ...hook, failurePolicy: "Fail" }));
    await cluster.store.patch(VALIDATORS, name, { type: "merge", body: { webhooks } }, { fieldManager: "istiod" });
    assert.equal((await apply(wanted)).touched, 0);
    const after = await cluster.store.get<ValidatingWebhookConfiguration>(VALIDATORS, name);
    assert.equal(after.webhooks?.[0]?.failurePolicy, "Fail");
  });

  test("a namespace that is there is left as its owner made it", async () => {
    await cluster.store.create(namespaceKind.type, ns("istio-system", { team: "mesh" }));
    await apply(pilot(mesh("a")));
    const { metadata } = await cluster.store.get(namespaceKind.type, { name: "istio-system" });
    assert.equal(metadata.labels?.team, "mesh");
    assert.equal(JSON.stringify(metadata.managedFields).includes("lateen-install"), false);
  });

  test("an object that the API refuses is named, and nothing stays", async () => {
    const wrong = { ...deployment("istiod", "pilot:1"), spec: { selector: {}, template: {}, replicas: "many" } };
    await assert.rejects(apply(pilot(mesh("a"), wrong)), { code: "LTN5321" });
    assert.equal(await find(cluster.store, namespaceKind.type, { name: "istio-system" }), undefined);
  });
});

/** All that does not count changes of itself. */
function content({ metadata, status: _, ...rest }: KubeObject): object {
  const { resourceVersion: __, generation: ___, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
