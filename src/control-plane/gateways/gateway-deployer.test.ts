import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { deploymentKind } from "../../kinds/core/deployment.ts";
import { coreKinds } from "../../kinds/core/index.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { type Service, serviceKind } from "../../kinds/core/service.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import { gatewayKind } from "../../kinds/gateway-api/gateway.ts";
import { gatewayClassKind } from "../../kinds/gateway-api/gateway-class.ts";
import { gatewayApiKinds } from "../../kinds/gateway-api/index.ts";
import type { GatewayRow } from "../../mesh/gateway-api/gateways.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import type { KubeObject, ObjectMeta } from "../../store/object.ts";
import { ensureGatewayClasses } from "./gateway-classes.ts";
import { deployGateways, wireGatewayDeployments } from "./gateway-deployer.ts";
import type { GatewayPod } from "./gateway-objects.ts";
import { ingressGatewayObjects } from "./ingress-gateway.ts";

const pod: GatewayPod = ({ labels, annotations, serviceAccount }) => ({
  metadata: { labels: { ...labels }, annotations: { ...annotations } },
  spec: { serviceAccountName: serviceAccount, containers: [{ name: "istio-proxy", image: "proxy" }] },
});

const listener = (name: string, port: number, rejected = false) => ({
  id: name,
  name,
  owner: { kind: "gateway.networking.k8s.io/Gateway", namespace: "default", name: "bookinfo-gateway" },
  port,
  targetPort: port,
  protocol: "HTTP",
  hostname: "",
  namespaces: {},
  supportedKinds: [],
  ...(rejected && { rejected: { reason: "UnsupportedProtocol", message: "" } }),
});

const row = (more: Partial<GatewayRow> = {}): GatewayRow => ({
  namespace: "default",
  name: "bookinfo-gateway",
  createdAt: 0,
  managed: true,
  service: "default/bookinfo-gateway-istio",
  workloads: ["default/bookinfo-gateway-istio"],
  addresses: [],
  listeners: [listener("http", 80), listener("again", 80), listener("alt", 8080), listener("https", 443, true)],
  ...more,
});

const at = { namespace: "default", name: "bookinfo-gateway-istio" };

async function setUp(metadata: object = {}, spec: object = {}) {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [...coreKinds, ...gatewayApiKinds] });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  const gateway = await store.create<KubeObject>(gatewayKind.type, {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { namespace: "default", name: "bookinfo-gateway", ...metadata },
    spec: { gatewayClassName: "istio", listeners: [{ name: "http", port: 80, protocol: "HTTP" }], ...spec },
  });
  const graph = new Graph();
  const rows = graph.input<GatewayRow>("rows");
  const objects = graph.input<KubeObject>("objects");
  objects.set("default/bookinfo-gateway", gateway);
  const errors: unknown[] = [];
  const namespaces = graph.input<{ metadata: ObjectMeta }>("namespaces");
  const pods = graph.input<GatewayPod>("pod");
  pods.set("", pod);
  const revisions = graph.input<true>("revisions");
  revisions.set("default", true);
  const wanted = wireGatewayDeployments(graph, { rows, objects, namespaces, pod: pods, revisions });
  const deployer = deployGateways({ store, graph, wanted, onError: (_key, error) => errors.push(error) });
  const get = (type: typeof serviceKind.type, name = at) => store.get<KubeObject>(type, name);
  return { store, rows, objects, namespaces, revisions, gateway, deployer, errors, get };
}

test("a Gateway gets a ServiceAccount, a Deployment and a Service that it owns, with Istio's labels", async () => {
  const { store, rows, deployer, errors, get, gateway } = await setUp();
  rows.set("default/bookinfo-gateway", row());
  await deployer.idle();
  assert.deepEqual(errors, []);
  const service = await store.get<Service>(serviceKind.type, at);
  assert.deepEqual(
    service.metadata.ownerReferences?.map(({ kind, uid }) => [kind, uid]),
    [["Gateway", gateway.metadata.uid]],
  );
  const { type, selector, ports } = service.spec;
  assert.equal(type, "LoadBalancer");
  assert.deepEqual(selector, { "gateway.networking.k8s.io/gateway-name": "bookinfo-gateway" });
  assert.deepEqual(
    ports?.map(({ name, port, targetPort }) => [name, port, targetPort]),
    [
      ["status-port", 15021, 15021],
      ["http", 80, 80],
      ["alt", 8080, 8080],
    ],
  );
  const deployment = await get(deploymentKind.type);
  assert.equal(deployment.metadata.labels?.["gateway.istio.io/managed"], "istio.io-gateway-controller");
  assert.match(JSON.stringify(deployment.spec), /"service.istio.io\/canonical-name":"bookinfo-gateway-istio"/);
  assert.ok(await get(serviceAccountKind.type));
  await deployer.close();
});

test("the annotation chooses the Service's type, and infrastructure its labels", async () => {
  const { rows, deployer, get } = await setUp(
    { annotations: { "networking.istio.io/service-type": "ClusterIP" } },
    { infrastructure: { labels: { team: "a" }, annotations: { note: "b" } } },
  );
  rows.set("default/bookinfo-gateway", row());
  await deployer.idle();
  const service = await get(serviceKind.type);
  assert.match(JSON.stringify(service.spec), /"type":"ClusterIP"/);
  assert.equal(service.metadata.labels?.team, "a");
  assert.deepEqual(service.metadata.annotations, { note: "b" });
  await deployer.close();
});

test("a Gateway that asks for an address asks its load balancer for it", async () => {
  const { rows, deployer, get } = await setUp();
  rows.set("default/bookinfo-gateway", row({ addresses: ["192.0.2.1"] }));
  await deployer.idle();
  assert.match(JSON.stringify((await get(serviceKind.type)).spec), /"loadBalancerIP":"192.0.2.1"/);
  rows.set("default/bookinfo-gateway", row());
  await deployer.idle();
  assert.doesNotMatch(JSON.stringify((await get(serviceKind.type)).spec), /loadBalancerIP/);
  await deployer.close();
});

test("what others set stays, and a Gateway that comes to name a Service of its own loses what was deployed", async () => {
  const { store, rows, deployer, get } = await setUp();
  rows.set("default/bookinfo-gateway", row());
  await deployer.idle();
  await store.patch(deploymentKind.type, at, { type: "merge", body: { spec: { replicas: 3 } } });
  rows.set("default/bookinfo-gateway", row({ listeners: [listener("http", 81)] }));
  await deployer.idle();
  assert.match(JSON.stringify((await get(deploymentKind.type)).spec), /"replicas":3/);
  assert.doesNotMatch(JSON.stringify((await get(serviceKind.type)).spec), /"port":8080/);
  rows.set("default/bookinfo-gateway", row({ managed: false }));
  await deployer.idle();
  await assert.rejects(get(serviceKind.type), /not found/);
  await deployer.close();
});

test("the ingress gateway serves port 80 on 8080, behind a load balancer", () => {
  const objects = ingressGatewayObjects("istio-system", pod);
  assert.deepEqual(
    objects.map(({ object }) => object.kind),
    ["ServiceAccount", "Deployment", "Service"],
  );
  assert.match(JSON.stringify(objects[2]?.object), /"port":80,"targetPort":8080/);
  assert.match(JSON.stringify(objects[1]?.object), /"istio":"ingressgateway"/);
});

test("the GatewayClass istio is made once", async () => {
  const { store } = await setUp();
  await ensureGatewayClasses(store);
  await ensureGatewayClasses(store);
  assert.match(
    JSON.stringify(await store.get(gatewayClassKind.type, { name: "istio" })),
    /istio.io\/gateway-controller/,
  );
});

test("a Gateway is deployed by the revision that its label, or its namespace's, names; when it moves nothing is removed", async () => {
  const { rows, namespaces, revisions, deployer, get } = await setUp();
  namespaces.set("default", { metadata: { name: "default", labels: { "istio.io/rev": "canary" } } });
  rows.set("default/bookinfo-gateway", row());
  await deployer.idle();
  await assert.rejects(get(serviceKind.type), /not found/);
  revisions.set("canary", true);
  await deployer.idle();
  assert.ok(await get(serviceKind.type));
  revisions.delete("canary");
  await deployer.idle();
  assert.ok(await get(serviceKind.type));
  await deployer.close();
});
