import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { namespaceKind } from "../../../kinds/core/namespace.ts";
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
} from "../../../kinds/core/webhook-configuration.ts";
import { applyInstallation, type Delivered } from "./apply-installation.ts";
import { applyObject } from "./apply-object.ts";
import { restoreDefault, silenceDefault } from "./default-injection.ts";
import { deliveryOf } from "./delivery-of.ts";
import { openJournal } from "./journal.ts";
import { besideDefaultTag, defaultRevision, listTags, tagObjects } from "./tags.ts";
import { apiOf, type FakeCluster, fakeCluster, ns, told } from "./testing.ts";

const INJECTORS = mutatingWebhookConfigurationKind.type;

describe("revision tags", () => {
  let cluster: FakeCluster;
  beforeEach(async () => {
    cluster = await fakeCluster();
    await install("default");
    await install("canary");
  });
  afterEach(() => cluster.store.close());

  const install = async (revision: string): Promise<Delivered> => {
    const { delivery: wanted } = deliveryOf({ files: [], sets: ["profile=minimal"], revision });
    const delivery = await besideDefaultTag(cluster.client, wanted);
    const signal = new AbortController().signal;
    return applyInstallation(apiOf(cluster), delivery, { readinessTimeoutMs: 100, signal, progress: told() });
  };
  const set = async (tag: string, revision: string): Promise<void> => {
    for (const object of await tagObjects(cluster.client, { tag, revision })) {
      await applyObject(cluster.client, object, openJournal());
    }
  };
  const injector = (name: string): Promise<MutatingWebhookConfiguration> => cluster.store.get(INJECTORS, { name });
  const selectors = async (): Promise<Record<string, unknown>> => {
    const { webhooks = [] } = await injector("istio-sidecar-injector");
    return Object.fromEntries(webhooks.map(({ name, namespaceSelector }) => [name, namespaceSelector]));
  };

  test("a tag calls its revision, and is trusted from its first moment", async () => {
    await set("prod", "canary");
    const { webhooks = [] } = await injector("istio-revision-tag-prod");
    for (const { clientConfig } of webhooks) {
      assert.equal(clientConfig.service?.name, "istiod-canary");
      assert.equal(clientConfig.caBundle, "Q0E=");
    }
  });

  test("tags are listed with the namespaces that name them", async () => {
    await cluster.store.create(namespaceKind.type, ns("shop", { "istio.io/rev": "prod" }));
    await cluster.store.create(namespaceKind.type, ns("blog", { "istio-injection": "enabled" }));
    await set("prod", "canary");
    await set("default", "canary");
    assert.deepEqual(await listTags(cluster.client), [
      { tag: "default", revision: "canary", namespaces: ["blog"] },
      { tag: "prod", revision: "canary", namespaces: ["shop"] },
    ]);
  });

  test("a revision that is not installed cannot be tagged", async () => {
    await assert.rejects(tagObjects(cluster.client, { tag: "prod", revision: "gone" }), {
      code: "LTN5360",
      remedy: "Installed: canary, default.",
    });
  });

  test("tag default takes injection and validation over, and gives them back when it goes", async () => {
    const before = await selectors();
    assert.equal(await defaultRevision(cluster.client), "default");
    await set("default", "canary");
    await silenceDefault(cluster.client);
    assert.equal(await defaultRevision(cluster.client), "canary");
    const silent = await selectors();
    const never = { matchLabels: { "istio.io/deactivated": "never-match" } };
    assert.deepEqual(silent["namespace.sidecar-injector.istio.io"], never);
    assert.deepEqual(
      silent["rev.namespace.sidecar-injector.istio.io"],
      before["rev.namespace.sidecar-injector.istio.io"],
    );
    const validator = validatingWebhookConfigurationKind.type;
    const called = async (): Promise<unknown> =>
      (await cluster.store.get<MutatingWebhookConfiguration>(validator, { name: "istiod-default-validator" }))
        .webhooks?.[0]?.clientConfig.service?.name;
    assert.equal(await called(), "istiod-canary");

    await cluster.store.delete(INJECTORS, { name: "istio-revision-tag-default" });
    await restoreDefault(cluster.client);
    assert.deepEqual(await selectors(), before);
    assert.equal(await called(), "istiod");
  });

  test("a default revision that comes later does not inject beside tag default", async () => {
    await cluster.store.delete(INJECTORS, { name: "istio-sidecar-injector" });
    await set("default", "canary");
    await install("default");
    const { webhooks = [] } = await injector("istio-sidecar-injector");
    const silent = webhooks.filter(({ namespaceSelector }) =>
      JSON.stringify(namespaceSelector).includes("never-match"),
    );
    assert.deepEqual(
      silent.map(({ name }) => name.split(".")[0]),
      ["namespace", "object"],
    );
  });

  test("installing the default revision again does not take back what tag default has taken over", async () => {
    await set("default", "canary");
    await silenceDefault(cluster.client);
    const silent = await selectors();
    assert.equal((await install("default")).touched, 0);
    assert.deepEqual(await selectors(), silent);
  });
});
