import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigMap, configMapKind } from "../../kinds/core/config-map.ts";
import { type Deployment, deploymentKind } from "../../kinds/core/deployment.ts";
import { type Event, eventKind } from "../../kinds/core/event.ts";
import { coreKinds } from "../../kinds/core/index.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { podKind } from "../../kinds/core/pod.ts";
import { type Service, serviceKind } from "../../kinds/core/service.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import { startControllers } from "./start.ts";
import { NAMESPACE, type TestWorld, testWorld } from "./test-world.ts";
import { timestamp } from "./time.ts";

let world: TestWorld | undefined;
afterEach(() => {
  world?.end();
  assert.deepEqual(world?.problems, []);
});

test("Kubernetes' namespaces and istio-system exist, each with a ServiceAccount and the root certificate", async () => {
  world = await testWorld({ rootCertificate: "PEM" });
  const { store } = world;
  const names = (await store.list(namespaceKind.type)).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(names.sort(), ["default", "istio-system", "kube-node-lease", "kube-public", "kube-system"]);
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: "own" } });
  const accounts = async () => (await store.list(serviceAccountKind.type)).items;
  await world.until(accounts, (all) => all.length === 6);
  const maps = async () => (await store.list<ConfigMap>(configMapKind.type)).items;
  const roots = await world.until(maps, (all) => all.length === 6);
  assert.ok(roots.every(({ data }) => data?.["ca.crt"] === "PEM"));
});

test("the ServiceAccount and the root certificate come back when somebody deletes or changes them", async () => {
  world = await testWorld();
  const account = () =>
    world?.get(serviceAccountKind.type, "default").catch(() => undefined) ?? Promise.resolve(undefined);
  const first = await world.until(account, Boolean);
  await world.store.delete(serviceAccountKind.type, { namespace: NAMESPACE, name: "default" });
  await world.until(account, (found) => found !== undefined && found.metadata.uid !== first?.metadata.uid);
  const root = () => world?.get<ConfigMap>(configMapKind.type, "kube-root-ca.crt") ?? Promise.reject();
  await world.edit<ConfigMap>(configMapKind.type, "kube-root-ca.crt", (map) => ({ ...map, data: {} }));
  await world.until(root, ({ data }) => data?.["ca.crt"] === "root");
});

test("events go some time after they were last seen", async () => {
  world = await testWorld({ eventTtlMs: 1500 });
  const event = (name: string, ageMs: number) =>
    world?.create<Event>(eventKind.type, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: NAMESPACE },
      involvedObject: { kind: "Pod", name: "a" },
      lastTimestamp: timestamp(new Date(Date.now() - ageMs)),
    });
  await event("old", 3000);
  await event("new", 0);
  const { list } = world;
  const names = async () => (await list(eventKind.type)).map(({ metadata }) => metadata.name);
  await world.until(names, (all) => all.join() === "new");
  await world.until(names, (all) => all.length === 0);
});

test("controllers that start anew over the same objects change nothing", async () => {
  world = await testWorld();
  const deployment: Deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: NAMESPACE },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  };
  await world.create(deploymentKind.type, deployment);
  const { get, store } = world;
  await world.until(
    () => get<Deployment>(deploymentKind.type, "web"),
    ({ status }) => status?.availableReplicas === 3,
  );
  await sleep(50);
  const before = await store.list(podKind.type);
  const again = new AbortController();
  await startControllers(
    store,
    { rootCertificate: "root", report: (...args) => world?.problems.push(args.join(" ")) },
    again.signal,
  );
  await sleep(100);
  again.abort();
  const after = await store.list(podKind.type);
  assert.deepEqual(after, before);
});

test("a namespace goes with everything in it, and nothing is made anew meanwhile", async () => {
  world = await testWorld();
  const { store } = world;
  const namespace = "own";
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const labels = { app: "web" };
  await store.create<Deployment>(deploymentKind.type, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace },
    spec: {
      replicas: 5,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  });
  await store.create<Service>(serviceKind.type, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace },
    spec: { selector: labels, ports: [{ port: 80 }] },
  });
  await world.until(
    () => store.get<Deployment>(deploymentKind.type, { namespace, name: "web" }),
    ({ status }) => status?.availableReplicas === 5,
  );
  await store.delete(namespaceKind.type, { name: namespace });
  const names = async () => (await store.list(namespaceKind.type)).items.map(({ metadata }) => metadata.name);
  await world.until(names, (all) => !all.includes(namespace));
  for (const { type } of coreKinds) {
    const { items } = type.namespaced ? await store.list(type, { namespace }) : { items: [] };
    assert.deepEqual(items, [], type.plural);
  }
});
