import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Graph } from "../../engine/graph.ts";
import { Authority } from "../../identity/authority.ts";
import { constantAuthority } from "../../identity/authority-source.ts";
import { createAuthority } from "../../identity/self-signed.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurationKind,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurationKind,
} from "../../kinds/core/webhook-configuration.ts";
import { meshKinds } from "../../kinds/mesh-kinds.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import { defaultValidator, revisionInjector, tagInjector } from "../install/webhooks.ts";
import { keepConfigurations } from "./keep-configurations.ts";
import { followRevisionTags } from "./revision-tags.ts";
import { ALWAYS_REJECT } from "./validation.ts";

const mutating = mutatingWebhookConfigurationKind.type;
const validating = validatingWebhookConfigurationKind.type;
const options = {
  revision: "default",
  namespace: "istio-system",
  enableNamespacesByDefault: false,
  reinvocationPolicy: "Never",
} as const;

async function world() {
  const kinds = [namespaceKind, mutatingWebhookConfigurationKind, validatingWebhookConfigurationKind, ...meshKinds];
  let called = false;
  const store: EmbeddedStore = new EmbeddedStore({
    path: ":memory:",
    kinds,
    admission: [
      {
        // As an API server that calls the validation webhook, or does not reach it.
        admit: async (_operation, _type, object) => {
          if (!called || object.metadata.annotations?.[ALWAYS_REJECT] === undefined) return object;
          throw new StoreError("Invalid", `admission webhook denied the request: ${ALWAYS_REJECT}`);
        },
      },
    ],
  });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } });
  const authority = constantAuthority(await Authority.load(await createAuthority("cluster.local"), "test"));
  const bundle = Buffer.from(authority.current().roots).toString("base64");
  const stop = new AbortController();
  const errors: unknown[] = [];
  const keep = () =>
    keepConfigurations({
      store,
      revision: "default",
      namespace: "istio-system",
      authority,
      signal: stop.signal,
      onError: (error) => errors.push(error),
      retryMs: 1,
    });
  const bundles = async (type: ResourceType, name: string) =>
    (await store.get<MutatingWebhookConfiguration>(type, { name })).webhooks?.map(
      ({ clientConfig }) => clientConfig.caBundle,
    );
  const policies = async (name: string) =>
    (await store.get<ValidatingWebhookConfiguration>(validating, { name })).webhooks?.map(
      ({ failurePolicy }) => failurePolicy,
    );
  const reach = (): void => {
    called = true;
  };
  return { store, bundle, keep, stop, errors, bundles, policies, reach };
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 300 && !(await check()); turn++) await sleep(5);
  assert.ok(await check());
}

test("configurations of the revision and of its tags get the CA, and again when somebody overwrites it", async () => {
  const { store, bundle, keep, stop, bundles } = await world();
  const kept = keep();
  await store.create<KubeObject>(mutating, revisionInjector(options));
  await store.create<KubeObject>(mutating, tagInjector("prod", options));
  await store.create<KubeObject>(mutating, revisionInjector({ ...options, revision: "canary" }));
  const all = async (name: string) => ((await bundles(mutating, name)) ?? []).every((each) => each === bundle);
  await eventually(() => all("istio-sidecar-injector"));
  await eventually(() => all("istio-revision-tag-prod"));
  assert.equal(await all("istio-sidecar-injector-canary"), false);
  const webhooks = [{ name: "namespace.sidecar-injector.istio.io", clientConfig: { caBundle: "AAAA" } }];
  await store.patch(mutating, { name: "istio-sidecar-injector" }, { type: "strategic", body: { webhooks } });
  await eventually(() => all("istio-sidecar-injector"));
  const { webhooks: after } = await store.get<MutatingWebhookConfiguration>(mutating, {
    name: "istio-sidecar-injector",
  });
  assert.equal(after?.length, revisionInjector(options).webhooks?.length);
  stop.abort();
  await kept;
  store.close();
});

test("validation fails closed only when the API server was seen to ask it, also after an installation opens it again", async () => {
  const { store, keep, stop, errors, policies, reach } = await world();
  const name = "istiod-default-validator";
  await store.create<KubeObject>(validating, defaultValidator("default", "istio-system"));
  const kept = keep();
  await eventually(async () => errors.length > 2);
  assert.match(String(errors[0]), /is not called by the API server yet/);
  assert.deepEqual(await policies(name), ["Ignore"]);
  reach();
  await eventually(async () => (await policies(name))?.[0] === "Fail");
  const { webhooks = [] } = defaultValidator("default", "istio-system");
  const opened = webhooks.map(({ name: webhook }) => ({ name: webhook, failurePolicy: "Ignore" }));
  await store.patch(validating, { name }, { type: "strategic", body: { webhooks: opened } });
  await eventually(async () => (await policies(name))?.[0] === "Fail");
  stop.abort();
  await kept;
  store.close();
});

test("the names of a revision follow the tags that point at it", async () => {
  const { store, stop } = await world();
  const graph = new Graph();
  const names = graph.input<true>("names");
  names.set("default", true);
  await store.create<KubeObject>(mutating, tagInjector("prod", options));
  await followRevisionTags({
    store,
    graph,
    revision: "default",
    names,
    signal: stop.signal,
    onError: (error) => assert.fail(String(error)),
  });
  assert.deepEqual([...names.keys()].sort(), ["default", "prod"]);
  const moved = { metadata: { labels: { "istio.io/rev": "canary" } } };
  await store.patch(mutating, { name: "istio-revision-tag-prod" }, { type: "merge", body: moved });
  await eventually(async () => !names.has("prod"));
  assert.deepEqual([...names.keys()], ["default"]);
  // Whose name is a tag that points elsewhere is not meant by it.
  await store.create<KubeObject>(mutating, tagInjector("default", { ...options, revision: "canary" }));
  await eventually(async () => !names.has("default"));
  stop.abort();
  store.close();
});
