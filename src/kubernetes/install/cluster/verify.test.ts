import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { configMapKind } from "../../../kinds/core/config-map.ts";
import { deploymentKind } from "../../../kinds/core/deployment.ts";
import { serviceAccountKind } from "../../../kinds/core/service-account.ts";
import { validatingWebhookConfigurationKind } from "../../../kinds/core/webhook-configuration.ts";
import type { ResourceType } from "../../../store/object.ts";
import { applyInstallation } from "./apply-installation.ts";
import { deliveryOf } from "./delivery-of.ts";
import { shown } from "./objects.ts";
import { apiOf, type FakeCluster, fakeCluster, told } from "./testing.ts";
import { verify } from "./verify.ts";

const ISTIOD = { namespace: "istio-system", name: "istiod" };

describe("verifying an installation", () => {
  let cluster: FakeCluster;
  const { delivery } = deliveryOf({ files: [], sets: ["profile=minimal"] });
  const objects = delivery.components.flatMap((component) => component.objects);
  beforeEach(async () => {
    cluster = await fakeCluster();
    const signal = new AbortController().signal;
    await applyInstallation(apiOf(cluster), delivery, { readinessTimeoutMs: 100, signal, progress: told() });
  });
  afterEach(() => cluster.store.close());

  /** What is wrong, by object. */
  const problems = async (): Promise<Record<string, string[]>> => {
    const found: Record<string, string[]> = {};
    for (const { object, problems } of await verify(apiOf(cluster), objects)) {
      if (problems.length > 0) found[shown(object)] = problems.map(({ message }) => message);
    }
    return found;
  };
  const change = (type: ResourceType, name: { namespace?: string; name: string }, body: object): Promise<unknown> =>
    cluster.client.patch(type, name, { type: "strategic", body }, { fieldManager: "kubectl-edit" });

  test("what was just installed is as it should be, and looking at it changes nothing", async () => {
    const { resourceVersion } = await cluster.store.list(deploymentKind.type);
    assert.deepEqual(await problems(), {});
    assert.equal((await cluster.store.list(deploymentKind.type)).resourceVersion, resourceVersion);
  });

  test("what was changed is shown by its field, with what it should be", async () => {
    await change(configMapKind.type, { namespace: "istio-system", name: "istio" }, { data: { mesh: "foo: bar" } });
    const containers = [{ name: "discovery", env: [{ name: "REVISION", value: "x" }] }];
    await change(deploymentKind.type, ISTIOD, { spec: { template: { spec: { containers } } } });
    const found = await problems();
    assert.deepEqual(Object.keys(found), ["ConfigMap istio-system/istio", "Deployment istio-system/istiod"]);
    assert.match(
      found["ConfigMap istio-system/istio"]?.[0] ?? "",
      /^data\.mesh \(line 1\) should be "[^"]+", and is "foo: bar"$/,
    );
    assert.deepEqual(found["Deployment istio-system/istiod"], [
      'spec.template.spec.containers[name=discovery].env[name=REVISION].value should be "default", and is "x"',
    ]);
  });

  test("what others have added, and what the control plane has taken over, is no difference", async () => {
    await change(deploymentKind.type, ISTIOD, { metadata: { annotations: { team: "mesh" } }, spec: { replicas: 3 } });
    const body = { webhooks: [{ name: "rev.validation.istio.io", failurePolicy: "Fail" }] };
    await change(validatingWebhookConfigurationKind.type, { name: "istio-validator-istio-system" }, body);
    assert.deepEqual(await problems(), {});
  });

  test("what is missing is said", async () => {
    await cluster.store.delete(serviceAccountKind.type, ISTIOD);
    assert.deepEqual(await problems(), { "ServiceAccount istio-system/istiod": ["it is not there"] });
  });

  test("a Deployment that is not ready says why", async () => {
    const { spec } = await cluster.store.get(deploymentKind.type, ISTIOD);
    const image = Object(spec).template.spec.containers[0].image;
    cluster.broken.set(image, { waiting: { reason: "ErrImagePull", message: "no such tag" } });
    const live = await cluster.store.get(deploymentKind.type, ISTIOD);
    await cluster.client.update(deploymentKind.type, live);
    const found = await problems();
    assert.equal(found["Deployment istio-system/istiod"]?.[0], "it is not ready: 0 of 1 pods ready");
    assert.match(found["Deployment istio-system/istiod"]?.[1] ?? "", /cannot be pulled: ErrImagePull: no such tag/);
  });
});
