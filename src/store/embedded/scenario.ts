/**
 * What the embedded store must have in common with a kube-apiserver, as a list of operations. The test runs it on an
 * embedded store and compares with what a real server answered (testdata/kubernetes-1.34.json). To record anew, on a
 * server without the admission plugin ServiceAccount:
 *
 *     node src/store/embedded/testing-record.ts KUBECONFIG
 */
import { type KubeObject, keyOf, type ResourceType } from "../object.ts";
import type { Patch, Store, WriteOptions } from "../store.ts";
import {
  apply,
  configMap,
  container,
  deployment,
  env,
  identity,
  masked,
  outline,
  plain,
  port,
  refusal,
  watched,
} from "./scenario-parts.ts";
import { at, configMaps, deployments, pod, pods, thing, things } from "./testing.ts";

export type Outcome = { step: string; result: unknown };

export async function scenario(store: Store): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const step = async (name: string, act: () => Promise<unknown>): Promise<void> => {
    const result = await act().then(plain, refusal);
    outcomes.push({ step: name, result });
  };
  const patching =
    (type: ResourceType, name: string, options: WriteOptions = {}) =>
    (kind: Patch["type"], body: object): (() => Promise<unknown>) =>
    () => {
      if (kind === "json")
        return store.patch(type, at(name), { type: kind, body: Array.isArray(body) ? body : [] }, options);
      return store.patch(type, at(name), { type: kind, body }, options);
    };

  // ---- Names and existence
  await step("get what is not there", () => store.get(things, at("x")));
  await step("get a core object that is not there", () => store.get(pods, at("x")));
  await step("delete what is not there", () => store.delete(configMaps, at("x")));
  await step("create in no namespace", () => store.create(things, thing("a", {}, { namespace: "nowhere" })));
  await step("create with a bad name", () => store.create(configMaps, configMap("Upper")));
  await step("create without a name", () => store.create(configMaps, configMap("")));
  await step("create with a bad label", () => store.create(configMaps, configMap("a", { labels: { a: "b c" } })));
  await step("create with a bad label key", () => store.create(configMaps, configMap("a", { labels: { "a b": "c" } })));
  await step("create with a bad annotation", () =>
    store.create(configMaps, configMap("a", { annotations: { "/x": "" } })),
  );
  await step("create", () => store.create(things, thing("a", { size: 3, color: "red" }, { labels: { app: "x" } })));
  await step("create again", () => store.create(things, thing("a")));
  await step("create with a version", () => store.create(configMaps, configMap("v", { resourceVersion: "1" })));
  await step("create with an unknown field", () =>
    store.create(things, { ...thing("u", { sixe: 1 }) }, { fieldValidation: "Strict" }),
  );
  await step("drop an unknown field", () =>
    store.create(things, thing("u", { sixe: 1 }), { fieldValidation: "Ignore" }),
  );

  // ---- Updates
  const seen = await store.get(things, at("a"));
  await step("update", () => store.update(things, { ...seen, spec: { size: 4, color: "red" } }));
  await step("update an old version", () => store.update(things, { ...seen, spec: { size: 5 } }));
  await step("update another uid", () =>
    store
      .update(things, { ...seen, metadata: { ...seen.metadata, resourceVersion: "", uid: "other" } })
      .catch((error) => {
        throw masked(error, seen.metadata.uid);
      }),
  );
  const latest = await store.get(things, at("a"));
  await step("update without a change", async () => {
    const again = await store.update(things, latest);
    return { same: again.metadata.resourceVersion === latest.metadata.resourceVersion };
  });
  await step("update labels", () =>
    store.update(things, { ...latest, metadata: { ...latest.metadata, labels: { app: "x", more: "1" } } }),
  );
  await step("write the status with the object", () =>
    store.patch(things, at("a"), { type: "merge", body: { status: { ready: true } } }),
  );
  await step("write the object with the status", () =>
    store.patch(
      things,
      at("a"),
      { type: "merge", body: { spec: { size: 9 }, status: { ready: true, replicas: 2 } } },
      { subresource: "status" },
    ),
  );

  // ---- Patches
  const a = patching(things, "a");
  await step("merge patch", a("merge", { spec: { color: null, tags: ["x"] }, metadata: { annotations: { n: "1" } } }));
  await step("merge patch of nothing", a("merge", {}));
  await step("JSON patch", a("json", [{ op: "add", path: "/spec/tags/-", value: "y" }]));
  await step("strategic patch of a custom kind", async () => {
    // Kubernetes refuses; we merge by what we know of the kind. Only that it does not break is compared.
    await a("strategic", { spec: { color: "red" } })().catch(() => a("merge", { spec: { color: "red" } })());
    return store.get(things, at("a"));
  });
  await step("patch with an old version", a("merge", { metadata: { resourceVersion: "1" }, spec: { size: 1 } }));

  // ---- Server-side apply
  const by = (fieldManager: string, force = false) => patching(things, "s", { fieldManager, force });
  await step(
    "apply creates",
    by("one")("apply", { spec: { size: 2, color: "red", ports: [port(80, "http"), port(81)] } }),
  );
  await step("apply again", async () => {
    const before = await store.get(things, at("s"));
    const after = await store.patch(
      things,
      at("s"),
      apply({ size: 2, color: "red", ports: [port(80, "http"), port(81)] }),
      { fieldManager: "one" },
    );
    return { same: before.metadata.resourceVersion === after.metadata.resourceVersion };
  });
  await step("apply of another, the same value", by("two")("apply", { spec: { color: "red" } }));
  await step("apply of another, one conflict", by("two")("apply", { spec: { size: 7 } }));
  await step("apply of another, two conflicts", by("two")("apply", { spec: { size: 7, ports: [port(80, "web")] } }));
  await step(
    "apply by force",
    by("two", true)("apply", { spec: { size: 7, ports: [port(80, "web"), port(90, "new")] } }),
  );
  await step("apply less", by("one")("apply", { spec: { names: ["b", "a"] } }));
  await step("apply a set beside another's", by("two")("apply", { spec: { names: ["c", "b"], tags: ["t"] } }));
  await step("apply takes its part of the set back", by("one")("apply", { spec: {} }));
  await step("an update takes over", () =>
    store.patch(
      things,
      at("s"),
      { type: "merge", body: { spec: { names: ["z"], color: "blue" } } },
      { fieldManager: "hand" },
    ),
  );
  await step("apply against an update", by("two")("apply", { spec: { color: "red" } }));
  await step(
    "apply maps",
    by("maps")("apply", {
      metadata: { labels: { l: "1" }, annotations: { x: "y" } },
      spec: { template: { b: "1" } },
    }),
  );
  await step(
    "apply fewer entries of maps",
    by("maps")("apply", { metadata: { labels: { k: "1" } }, spec: { template: { c: "1" } } }),
  );
  await step("apply the status", () =>
    store.patch(
      things,
      at("s"),
      { type: "apply", body: { ...identity, status: { ready: true, conditions: [{ type: "A", status: "True" }] } } },
      { fieldManager: "reporter", subresource: "status" },
    ),
  );
  await step("another applies another condition", () =>
    store.patch(
      things,
      at("s"),
      { type: "apply", body: { ...identity, status: { conditions: [{ type: "B", status: "True" }] } } },
      { fieldManager: "other", subresource: "status" },
    ),
  );
  await step("apply with an old version", by("one")("apply", { metadata: { resourceVersion: "1" }, spec: {} }));
  await step("apply of managedFields", by("one")("apply", { metadata: { managedFields: [{}] } }));
  await step(
    "apply creates in order",
    patching(things, "order", { fieldManager: "one" })("apply", { spec: { ports: [port(3), port(1), port(2)] } }),
  );
  await step(
    "apply in another order",
    patching(things, "order", { fieldManager: "one" })("apply", {
      spec: { ports: [port(2), port(4), port(3), port(1)] },
    }),
  );
  await step(
    "another applies between",
    patching(things, "order", { fieldManager: "two" })("apply", { spec: { ports: [port(5), port(1), port(6)] } }),
  );
  await step(
    "and the first applies on",
    patching(things, "order", { fieldManager: "one" })("apply", { spec: { ports: [port(1), port(3)] } }),
  );

  // ---- Strategic merge
  await step("create a deployment", async () => outline(await store.create(deployments, deployment())));
  const strategic =
    (body: object): (() => Promise<unknown>) =>
    async () =>
      outline(await store.patch<KubeObject>(deployments, at("d"), { type: "strategic", body }));
  const template = (spec: object): object => ({ spec: { template: { spec } } });
  await step(
    "merge a container",
    strategic(template({ containers: [{ name: "b", image: "b:2", env: [env("Y", "2")] }] })),
  );
  await step(
    "add a container in order",
    strategic(
      template({
        "$setElementOrder/containers": [{ name: "n" }, { name: "a" }, { name: "b" }],
        containers: [{ name: "n", image: "n:1" }],
      }),
    ),
  );
  await step(
    "order without one",
    strategic(template({ "$setElementOrder/containers": [{ name: "b" }, { name: "n" }] })),
  );
  await step(
    "merge in another order",
    strategic(
      template({
        containers: [
          { name: "n", image: "n:2" },
          { name: "x", image: "x:1" },
          { name: "a", image: "a:2" },
        ],
      }),
    ),
  );
  await step("delete another container", strategic(template({ containers: [{ name: "x", $patch: "delete" }] })));
  await step("delete a container", strategic(template({ containers: [{ name: "n", $patch: "delete" }] })));
  await step(
    "replace the env",
    strategic(template({ containers: [{ name: "a", env: [{ $patch: "replace" }, env("Z", "3")] }] })),
  );
  await step(
    "delete one env",
    strategic(template({ containers: [{ name: "b", env: [{ name: "Y", $patch: "delete" }, env("W", "4")] }] })),
  );
  await step(
    "change the volume's source",
    strategic(template({ volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] })),
  );
  await step("merge key missing", strategic(template({ containers: [{ image: "x" }] })));
  await step("scale", () =>
    store.patch(deployments, at("d"), { type: "merge", body: { spec: { replicas: 3 } } }, { subresource: "scale" }),
  );
  await step("finalizers of a set", async () => {
    await store.patch(
      configMaps,
      at("f"),
      { type: "apply", body: { metadata: { finalizers: ["x.dev/a", "x.dev/b", "x.dev/c"] } } },
      { fieldManager: "me" },
    );
    return store.patch(configMaps, at("f"), {
      type: "strategic",
      body: { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.dev/b"], finalizers: ["x.dev/d"] } },
    });
  });

  // ---- Deletion
  await step("delete with another uid", () =>
    store.delete(things, at("a"), { preconditions: { uid: "other" } }).catch((error) => {
      throw masked(error, seen.metadata.uid);
    }),
  );
  await step("delete with finalizers", async () => {
    await store.delete(configMaps, at("f"));
    const { metadata } = await store.get(configMaps, at("f"));
    return { deleting: metadata.deletionTimestamp !== undefined, grace: metadata.deletionGracePeriodSeconds };
  });
  await step("add a finalizer while deleting", () =>
    store.patch(configMaps, at("f"), { type: "merge", body: { metadata: { finalizers: ["x.dev/a", "x.dev/new"] } } }),
  );
  await step("take the finalizers off", async () => {
    await store.patch(configMaps, at("f"), { type: "merge", body: { metadata: { finalizers: null } } });
    return store.get(configMaps, at("f"));
  });
  await step("delete a pod on a node", async () => {
    await store.create(
      pods,
      pod("p", { nodeName: "n", terminationGracePeriodSeconds: 7, containers: [container("a")] }),
    );
    await store.delete(pods, at("p"));
    const { metadata } = await store.get(pods, at("p"));
    return {
      deleting: metadata.deletionTimestamp !== undefined,
      grace: metadata.deletionGracePeriodSeconds,
      generation: metadata.generation,
    };
  });
  await step("delete it sooner", async () => {
    await store.delete(pods, at("p"), { gracePeriodSeconds: 2 });
    return { grace: (await store.get(pods, at("p"))).metadata.deletionGracePeriodSeconds };
  });
  await step("delete it at once", async () => {
    await store.delete(pods, at("p"), { gracePeriodSeconds: 0 });
    return store.get(pods, at("p"));
  });
  await step("delete a pod on no node", async () => {
    await store.create(pods, pod("q", { containers: [container("a")] }));
    await store.delete(pods, at("q"));
    return store.get(pods, at("q"));
  });

  // ---- Lists and watches
  const start = (await store.list(things)).resourceVersion;
  for (const [name, app] of [
    ["l1", "x"],
    ["l2", "y"],
    ["l3", "x"],
  ] as const) {
    await store.create(things, thing(name, {}, { labels: { app, tier: "t" } }));
  }
  for (const labelSelector of ["app=x", "app!=x", "app in (x,y),tier", "!tier", "app notin (x)", "tier=t,app==y"]) {
    await step(`list ${labelSelector}`, async () =>
      (await store.list(things, { namespace: "default", labelSelector })).items.map(keyOf),
    );
  }
  await step("list by name", async () =>
    (await store.list(things, { fieldSelector: "metadata.name=l2" })).items.map(keyOf),
  );
  await step("list with a bad selector", () =>
    store.list(things, { labelSelector: "a in b" }).catch((error) => ({ reason: error.reason })),
  );
  await step("list in pages", async () => {
    const first = await store.list(things, { namespace: "default", labelSelector: "tier", limit: 2 });
    await store.delete(things, at("l3"));
    await store.create(things, thing("l4", {}, { labels: { tier: "t" } }));
    const second = await store.list(things, {
      namespace: "default",
      labelSelector: "tier",
      limit: 2,
      continue: first.continue ?? "",
    });
    return [first.items.map(keyOf), second.items.map(keyOf), second.resourceVersion === first.resourceVersion];
  });
  await step("watch what a selector sees", async () => {
    const relabel = (app: string): Promise<unknown> =>
      store.patch(things, at("l1"), { type: "merge", body: { metadata: { labels: { app } } } });
    for (const app of ["y", "x", "z"]) await relabel(app);
    await store.delete(things, at("l2"));
    await relabel("y");
    await store.create(things, thing("end", {}, { labels: { app: "y" } }));
    return watched(store, { labelSelector: "app=y", resourceVersion: start });
  });
  return outcomes;
}
