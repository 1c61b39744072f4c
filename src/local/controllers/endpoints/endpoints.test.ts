import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type EndpointSlice, endpointSliceKind } from "../../../kinds/core/endpoint-slice.ts";
import { type Endpoints, endpointsKind } from "../../../kinds/core/endpoints.ts";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import { type Service, serviceKind } from "../../../kinds/core/service.ts";
import { NAMESPACE, type TestWorld, testWorld } from "../test-world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld();
});
afterEach(() => {
  world.end();
  assert.deepEqual(world.problems, []);
});

const service = (spec: Partial<Service["spec"]> = {}) =>
  world.create<Service>(serviceKind.type, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: NAMESPACE, labels: { team: "a" } },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }], ...spec },
  });

const pod = (name: string, spec: Partial<Pod["spec"]> = {}) =>
  world.create<Pod>(podKind.type, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "web" }], ...spec },
  });

const slices = () => world.list<EndpointSlice>(endpointSliceKind.type);
const endpoints = () => world.get<Endpoints>(endpointsKind.type, "web");
const addressesOf = (all: EndpointSlice[]) => all.flatMap((slice) => slice.endpoints ?? []);
const ready = (count: number) => (all: EndpointSlice[]) =>
  addressesOf(all).filter(({ conditions }) => conditions?.ready === true).length === count;

test("a Service's slice holds its ready pods, and Endpoints say the same", async () => {
  const made = await service();
  await pod("a");
  await pod("b");
  const [slice, ...others] = await world.until(slices, ready(2));
  assert.deepEqual(others, []);
  assert.match(slice?.metadata.name ?? "", /^web-/);
  assert.equal(slice?.metadata.labels?.["kubernetes.io/service-name"], "web");
  assert.equal(slice?.metadata.labels?.team, "a");
  assert.equal(slice?.metadata.ownerReferences?.[0]?.uid, made.metadata.uid);
  assert.deepEqual(slice?.ports, [{ name: "http", protocol: "TCP", port: 8080 }]);
  const [one] = slice?.endpoints ?? [];
  assert.deepEqual(one?.conditions, { ready: true, serving: true, terminating: false });
  assert.equal(one?.targetRef?.kind, "Pod");
  assert.equal(one?.nodeName, "lateen");
  const found = await world.until(endpoints, ({ subsets }) => subsets?.[0]?.addresses?.length === 2);
  assert.deepEqual(found.subsets?.[0]?.ports, [{ name: "http", protocol: "TCP", port: 8080 }]);
});

test("a Service without pods has one empty slice", async () => {
  await service();
  const all = await world.until(slices, (found) => found.length > 0);
  assert.deepEqual(
    all.map((slice) => slice.endpoints),
    [[]],
  );
  assert.equal((await world.until(endpoints, () => true)).subsets, undefined);
});

test("a pod that is not ready is listed as such, unless the Service publishes it all the same", async () => {
  world.unready.add(/^b/);
  await service();
  await pod("a");
  await pod("b");
  await world.until(slices, (all) => addressesOf(all).length === 2 && ready(1)(all));
  const found = await world.until(endpoints, ({ subsets }) => subsets?.[0]?.notReadyAddresses?.length === 1);
  assert.equal(found.subsets?.[0]?.addresses?.length, 1);
  await world.edit<Service>(serviceKind.type, "web", (object) => ({
    ...object,
    spec: { ...object.spec, publishNotReadyAddresses: true },
  }));
  await world.until(slices, ready(2));
});

test("a pod on its way out is not ready, but still serves", async () => {
  await service();
  await pod("a");
  await world.until(slices, ready(1));
  const seen: unknown[] = [];
  await world.store.delete(podKind.type, { namespace: NAMESPACE, name: "a" });
  await world.until(slices, (all) => {
    seen.push(...addressesOf(all).map(({ conditions }) => conditions));
    return addressesOf(all).length === 0;
  });
  const states = seen.map((conditions) => JSON.stringify(conditions));
  assert.ok(states.includes('{"ready":false,"serving":true,"terminating":true}'), states.join());
});

test("named target ports are those of each pod, which part the slices", async () => {
  await service({ ports: [{ name: "http", port: 80, targetPort: "web", appProtocol: "http" }] });
  const withPort = (containerPort: number) => ({
    containers: [{ name: "web", image: "web", ports: [{ name: "web", containerPort }] }],
  });
  await pod("a", withPort(8080));
  await pod("b", withPort(9090));
  await pod("c");
  const all = await world.until(slices, ready(3));
  const ports = all.map((slice) => slice.ports?.map(({ port, appProtocol }) => `${port} ${appProtocol}`).join());
  assert.deepEqual(ports.sort(), ["", "8080 http", "9090 http"]);
});

test("a headless Service names the pods that ask for it", async () => {
  await service({ clusterIP: "None" });
  await pod("a", { hostname: "first", subdomain: "web" });
  await pod("b", { hostname: "other", subdomain: "else" });
  const all = await world.until(slices, ready(2));
  assert.deepEqual(
    addressesOf(all)
      .map(({ hostname }) => hostname)
      .sort(),
    ["first", undefined],
  );
  assert.equal(all[0]?.metadata.labels?.["service.kubernetes.io/headless"], "");
});

test("a slice holds at most 100 endpoints, and a change of one pod writes one slice", async () => {
  await service();
  await Promise.all(Array.from({ length: 150 }, (_, i) => pod(`p${i}`)));
  const before = await world.until(slices, (all) => ready(150)(all) && all.length === 2);
  assert.deepEqual(
    before.map((slice) => slice.endpoints?.length ?? 0).sort((a, b) => a - b),
    [50, 100],
  );
  await world.edit<Pod>(podKind.type, "p7", (object) => ({ ...object, metadata: { ...object.metadata, labels: {} } }));
  const after = await world.until(slices, ready(149));
  const versions = (all: EndpointSlice[]) => all.map(({ metadata }) => metadata.resourceVersion);
  assert.equal(versions(after).filter((version) => !versions(before).includes(version)).length, 1);
});

test("a Service without selector is left to whoever wrote its Endpoints, which are mirrored as a slice", async () => {
  const { selector: _, ...spec } = (await service()).spec;
  await world.until(slices, (all) => all.length === 1);
  await world.store.delete(serviceKind.type, { namespace: NAMESPACE, name: "web" });
  await world.until(slices, (all) => all.length === 0);
  await world.until(
    () => world.list(endpointsKind.type),
    (all) => all.length === 0,
  );
  await world.create<Service>(serviceKind.type, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: NAMESPACE },
    spec,
  });
  await world.create<Endpoints>(endpointsKind.type, {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "web", namespace: NAMESPACE },
    subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ name: "http", port: 80 }] }],
  });
  await pod("a");
  const [mirror] = await world.until(slices, ready(1));
  assert.equal(mirror?.metadata.labels?.["kubernetes.io/service-name"], "web");
  assert.deepEqual(addressesOf(await slices())[0]?.addresses, ["192.0.2.1"]);
  assert.equal((await endpoints()).subsets?.[0]?.addresses?.[0]?.ip, "192.0.2.1");
});
