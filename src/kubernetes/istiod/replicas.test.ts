import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeltaDiscoveryResponse } from "#envoy/service/discovery/v3/discovery_pb.js";
import { type ControlPlane, startControlPlane } from "../../control-plane/control-plane.ts";
import type { Peer } from "../../envoy/resource-source.ts";
import { CLUSTER, LISTENER, ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../../envoy/types.ts";
import { endpointSliceKind } from "../../kinds/core/endpoint-slice.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { kinds } from "../../kinds/registry.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { FakeProxy } from "../../xds/testing/fake-proxy.ts";
import { inject } from "../inject/inject.ts";
import { defaultInjectSettings } from "../inject/settings.ts";

const NAMESPACE = "book";
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

function pod(name: string, ip: string): Pod {
  const bare: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, labels: { app: name } },
    spec: { containers: [{ name, image: name }] },
  };
  const labels = { "istio-injection": "enabled" };
  const made = inject(bare, { namespace: NAMESPACE, namespaceLabels: labels, settings: defaultInjectSettings });
  return { ...made, status: { phase: "Running", podIP: ip, podIPs: [{ ip }] } };
}

async function mesh(): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ path: ":memory:", kinds });
  for (const name of [NAMESPACE, "istio-system"]) {
    await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  for (const [index, name] of ["details", "ratings", "reviews"].entries()) {
    const ip = `10.0.0.${index + 1}`;
    const { status, ...bare } = pod(name, ip);
    await store.create(podKind.type, bare);
    const at = { namespace: NAMESPACE, name };
    await store.patch(podKind.type, at, { type: "merge", body: { status } }, { subresource: "status" });
    await store.create(serviceKind.type, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: NAMESPACE },
      spec: { clusterIP: `10.96.0.${index + 1}`, selector: { app: name }, ports: [{ name: "http", port: 9080 }] },
    });
    await store.create(endpointSliceKind.type, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace: NAMESPACE, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
      ports: [{ name: "http", port: 9080, protocol: "TCP" }],
    });
  }
  return store;
}

const PEER: Peer = {
  id: `sidecar~10.0.0.3~reviews.${NAMESPACE}~${NAMESPACE}.svc.cluster.local`,
  type: "sidecar",
  namespace: NAMESPACE,
  pod: "reviews",
  serviceAccount: "default",
  metadata: {},
  envoyVersion: "1.40.0",
};

/** A proxy as Envoy is: subscribes to all, asks for a host when a request comes, and remembers the versions. */
class Envoy {
  readonly #versions = new Map<string, Map<string, string>>();
  readonly #asked: readonly string[];

  constructor(asked: readonly string[]) {
    this.#asked = asked;
  }

  /** Resolves to the names of the resources that the control plane sent, and those that it removed. */
  async connect({ hub }: ControlPlane): Promise<string[]> {
    const proxy = new FakeProxy(hub, PEER);
    const names: string[] = [];
    const take = async (responses: DeltaDiscoveryResponse[]): Promise<void> => {
      for (const response of responses) {
        names.push(...this.#note(response));
        await take(await proxy.ack(response));
      }
    };
    for (const typeUrl of [CLUSTER, LISTENER, ROUTE_CONFIGURATION, VIRTUAL_HOST]) {
      const held = this.#versions.get(typeUrl) ?? new Map<string, string>();
      const resourceNamesSubscribe = this.#subscribed(typeUrl, held);
      const initialResourceVersions = Object.fromEntries(held);
      await take(await proxy.send({ typeUrl, resourceNamesSubscribe, initialResourceVersions }));
    }
    const isNew = this.#asked.filter((name) => !this.#versions.get(VIRTUAL_HOST)?.has(name));
    if (isNew.length > 0) await take(await proxy.send({ typeUrl: VIRTUAL_HOST, resourceNamesSubscribe: isNew }));
    for (let quiet = 0; quiet < 3; quiet++) {
      const more = await proxy.take();
      if (more.length > 0) quiet = 0;
      await take(more);
      await sleep(5);
    }
    proxy.session.close(14, "");
    hub.leave(proxy.session);
    return names;
  }

  #subscribed(typeUrl: string, held: ReadonlyMap<string, string>): string[] {
    if (typeUrl === ROUTE_CONFIGURATION) return ["9080"];
    if (typeUrl !== VIRTUAL_HOST) return [];
    return held.size === 0 ? [] : ["*", ...this.#asked];
  }

  #note({ typeUrl, resources, removedResources }: DeltaDiscoveryResponse): string[] {
    const held = this.#versions.get(typeUrl) ?? new Map<string, string>();
    this.#versions.set(typeUrl, held);
    for (const { name, version, resource } of resources) if (resource) held.set(name, version);
    for (const name of removedResources) held.delete(name);
    return [...resources.map(({ name }) => name), ...removedResources.map((name) => `-${name}`)];
  }
}

async function replicas(store: EmbeddedStore): Promise<[ControlPlane, ControlPlane]> {
  const start = (name: string) => startControlPlane({ store, listen: [], name, log: quiet });
  return Promise.all([start("a"), start("b")]);
}

test("a proxy that goes to another replica is sent nothing that it has", async () => {
  const store = await mesh();
  const [first, second] = await replicas(store);
  const envoy = new Envoy([]);
  const sent = await envoy.connect(first);
  assert.ok(sent.length >= 3, `the first sent only ${sent}`);
  assert.deepEqual(await envoy.connect(second), []);
  assert.deepEqual(await envoy.connect(first), []);
  await Promise.all([first.close(), second.close()]);
  store.close();
});

test("what a proxy fetched from one replica when it was first needed is not sent again by another", async () => {
  const store = await mesh();
  const [first, second] = await replicas(store);
  const envoy = new Envoy(["9080/ratings:9080"]);
  const sent = await envoy.connect(first);
  assert.ok(sent.includes("outbound|9080||ratings.book.svc.cluster.local"), String(sent));
  assert.deepEqual(await envoy.connect(second), []);
  await Promise.all([first.close(), second.close()]);
  store.close();
});
