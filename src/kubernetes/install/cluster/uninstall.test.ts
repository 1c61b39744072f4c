import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { configMapKind } from "../../../kinds/core/config-map.ts";
import { deploymentKind } from "../../../kinds/core/deployment.ts";
import { leaseKind } from "../../../kinds/core/lease.ts";
import { podKind } from "../../../kinds/core/pod.ts";
import { secretKind } from "../../../kinds/core/secret.ts";
import { serviceKind } from "../../../kinds/core/service.ts";
import { mutatingWebhookConfigurationKind } from "../../../kinds/core/webhook-configuration.ts";
import { virtualServiceKind } from "../../../kinds/istio/virtual-service.ts";
import { kinds } from "../../../kinds/registry.ts";
import type { KubeObject, ResourceType } from "../../../store/object.ts";
import { applyInstallation } from "./apply-installation.ts";
import { deliveryOf } from "./delivery-of.ts";
import { shown } from "./objects.ts";
import { tagObjects } from "./tags.ts";
import { apiOf, type FakeCluster, fakeCluster, told } from "./testing.ts";
import { listProxies, planRemoval, removeAll } from "./uninstall.ts";

describe("uninstalling", () => {
  let cluster: FakeCluster;
  beforeEach(async () => {
    cluster = await fakeCluster();
  });
  afterEach(() => cluster.store.close());

  const install = async (revision: string, ...sets: string[]): Promise<void> => {
    const { delivery } = deliveryOf({ files: [], sets, revision });
    const signal = new AbortController().signal;
    await applyInstallation(apiOf(cluster), delivery, { readinessTimeoutMs: 100, signal, progress: told() });
  };
  const remove = async (revision?: string): Promise<string[]> => {
    const removed: string[] = [];
    const options = {
      signal: new AbortController().signal,
      onRemoved: (object: KubeObject) => void removed.push(shown(object)),
    };
    await removeAll(cluster.client, await planRemoval(cluster.client, "istio-system", revision), options);
    return removed;
  };
  const make = (type: ResourceType, name: string, more: object = {}): Promise<KubeObject> => {
    const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
    const metadata = { name, namespace: "default", ...Object(Reflect.get(more, "metadata")) };
    return cluster.store.create<KubeObject>(type, { apiVersion, kind: type.kind, ...more, metadata });
  };
  /** All there is, but for what the cluster itself has. */
  const left = async (): Promise<string[]> => {
    const lists = await Promise.all(kinds.map(({ type }) => cluster.store.list(type)));
    return lists
      .flatMap(({ items }) => items.map(shown))
      .filter((name) => !/^Namespace /.test(name))
      .sort();
  };

  test("a purge leaves nothing of what was installed, nor of what the control plane has made", async () => {
    await install("default", "profile=demo");
    await install("canary", "profile=minimal");
    const istio = { namespace: "istio-system" };
    await make(configMapKind.type, "istio-ca-root-cert", { data: { "root-cert.pem": "x" } });
    await make(configMapKind.type, "lateen-uses", { metadata: { labels: { "lateen.dev/uses": "true" } } });
    await make(secretKind.type, "istio-ca-secret", { metadata: istio });
    await make(secretKind.type, "lateen-ca", { metadata: istio });
    await make(leaseKind.type, "istio-leader", { metadata: istio });
    await make(configMapKind.type, "lateen-rejections", { metadata: istio });
    await make(configMapKind.type, "lateen-key-sets", { metadata: istio });
    const ownerReferences = [
      { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", name: "web", uid: "1-2-3" },
    ];
    const labels = { "gateway.networking.k8s.io/gateway-name": "web" };
    const managed = { ...labels, "gateway.istio.io/managed": "istio.io-gateway-controller" };
    await make(deploymentKind.type, "web-istio", {
      metadata: { labels: managed, ownerReferences },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } },
      },
    });
    await make(serviceKind.type, "web-istio", {
      metadata: { labels, ownerReferences },
      spec: { ports: [{ port: 80 }] },
    });
    await make(virtualServiceKind.type, "mine", {
      spec: { hosts: ["a"], http: [{ route: [{ destination: { host: "a" } }] }] },
    });
    const { losses } = await planRemoval(cluster.client, "istio-system");
    assert.deepEqual([...losses], [["virtualservices.networking.istio.io", 1]]);
    await remove();
    assert.deepEqual(
      await left(),
      ["VirtualService default/mine"],
      "which goes with its definition, in a real cluster",
    );
  });

  test("a purge spares what others have made under similar names", async () => {
    await install("default", "profile=minimal");
    const theirs = ["cacerts", "istio-ca-secret"];
    await make(secretKind.type, "cacerts", { metadata: { namespace: "istio-system" } });
    await make(secretKind.type, "istio-ca-secret");
    await make(serviceKind.type, "edge", {
      metadata: { labels: { "gateway.networking.k8s.io/gateway-name": "edge" } },
      spec: { ports: [{ port: 80 }] },
    });
    await remove();
    assert.deepEqual(await left(), [
      `Secret default/${theirs[1]}`,
      `Secret istio-system/${theirs[0]}`,
      "Service default/edge",
    ]);
  });

  test("one revision goes with the tags and webhooks that would call it; the others and what they share stay", async () => {
    await install("default", "profile=minimal");
    await install("canary", "profile=minimal");
    for (const object of await tagObjects(cluster.client, { tag: "prod", revision: "canary" })) {
      await cluster.client.create(mutatingWebhookConfigurationKind.type, object);
    }
    const before = await left();
    const removed = await remove("canary");
    assert.ok(removed.includes("MutatingWebhookConfiguration istio-revision-tag-prod"));
    assert.ok(removed.includes("Deployment istio-system/istiod-canary"));
    assert.deepEqual(
      await left(),
      before.filter((name) => !removed.includes(name)),
    );
    assert.deepEqual(
      removed.filter((name) => /CustomResourceDefinition|istiod$/.test(name)),
      [],
    );
  });

  test("proxies are told by who injected them", async () => {
    const pod = (name: string, revision?: string): Promise<KubeObject> => {
      const annotations = revision === undefined ? {} : { "sidecar.istio.io/status": JSON.stringify({ revision }) };
      return make(podKind.type, name, { metadata: { annotations }, spec: { containers: [{ name: "a", image: "a" }] } });
    };
    await pod("plain");
    await pod("old", "default");
    await pod("new", "canary");
    assert.deepEqual(await listProxies(cluster.client, "canary"), ["default/new"]);
    assert.deepEqual((await listProxies(cluster.client)).sort(), ["default/new", "default/old"]);
  });
});
