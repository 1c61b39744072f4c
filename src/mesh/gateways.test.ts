import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GatewaySpec } from "../kinds/istio/gateway-schema.ts";
import type { VirtualServiceSpec } from "../kinds/istio/virtual-service-schema.ts";
import { gatewayHost, gatewayPorts } from "./gateways.ts";
import { created, pod, service, type TestMesh, testMesh } from "./testing.ts";

const GATEWAY = "istio-system/istio-ingressgateway";
const SELECTOR = { istio: "ingressgateway" };

function world(): TestMesh {
  const mesh = testMesh();
  const object = pod(
    "istio-ingressgateway-5d-x",
    "10.244.0.9",
    { ...SELECTOR, "pod-template-hash": "5d" },
    "istio-system",
  );
  mesh.inputs.pods.set("istio-system/istio-ingressgateway-5d-x", {
    ...object,
    metadata: {
      ...object.metadata,
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: "istio-ingressgateway-5d", uid: "1", controller: true },
      ],
    },
    spec: { containers: [{ name: "istio-proxy", ports: [{ name: "https", containerPort: 8443 }] }] },
  });
  const ports = [
    { name: "http2", port: 80, targetPort: 8080 },
    { name: "https", port: 443, targetPort: "https" },
  ];
  mesh.inputs.services.set(GATEWAY, service("istio-ingressgateway", "istio-system", { selector: SELECTOR, ports }));
  mesh.inputs.services.set("default/productpage", service("productpage"));
  return mesh;
}

function gateway(mesh: TestMesh, name: string, servers: GatewaySpec["servers"], second = 0): void {
  mesh.inputs.gateways.set(`default/${name}`, {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name, namespace: "default", creationTimestamp: created(second) },
    spec: { selector: SELECTOR, ...(servers && { servers }) },
  });
}

function routes(mesh: TestMesh, name: string, spec: VirtualServiceSpec, second = 0, namespace = "default"): void {
  mesh.inputs.virtualServices.set(`${namespace}/${name}`, {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace, creationTimestamp: created(second) },
    spec,
  });
}

const http = (...hosts: string[]) => ({ port: { number: 80, name: "http", protocol: "HTTP" }, hosts });
const toProductpage = { route: [{ destination: { host: "productpage" } }] };

const summary = (mesh: TestMesh) =>
  gatewayPorts(mesh.mesh.gateways, mesh.read, GATEWAY).map(({ targetPort, servers, hosts }) => ({
    targetPort,
    servers: servers.map(({ name }) => name),
    hosts: hosts.map(({ domain, routes: of }) => `${domain}:${of.map(({ name }) => name).join()}`),
  }));

describe("Istio's gateways", () => {
  it("serve the routes of the VirtualServices bound to them, at the port that the Service leads to", () => {
    const mesh = world();
    gateway(mesh, "bookinfo", [http("*")]);
    routes(mesh, "bookinfo", { hosts: ["*"], gateways: ["bookinfo"], http: [{ name: "all", ...toProductpage }] });
    assert.deepEqual(summary(mesh), [{ targetPort: 8080, servers: ["http"], hosts: ["*:all"] }]);
    const route = gatewayHost(mesh.mesh.gateways, mesh.read, GATEWAY, "http.8080", "*")?.routes[0];
    assert.deepEqual(route?.action, {
      type: "Forward",
      destinations: [{ host: "productpage.default.svc.cluster.local", port: 9080, subset: "", weight: 1 }],
    });
  });

  it("resolve named target ports and leave VirtualServices for the mesh alone", () => {
    const mesh = world();
    const tls = { mode: "SIMPLE" as const, credentialName: "cert" };
    gateway(mesh, "bookinfo", [{ port: { number: 443, name: "https", protocol: "HTTPS" }, hosts: ["a.com"], tls }]);
    routes(mesh, "mesh", { hosts: ["a.com"], http: [toProductpage] });
    assert.deepEqual(summary(mesh), [{ targetPort: 8443, servers: ["https"], hosts: [] }]);
  });

  it("serve only hosts that server and VirtualService have in common, of namespaces that the server names", () => {
    const mesh = world();
    gateway(mesh, "bookinfo", [http("./*.example.com", "team/shop.com")]);
    const bound = (hosts: string[]) => ({
      hosts,
      gateways: ["default/bookinfo"],
      http: [{ name: "r", ...toProductpage }],
    });
    routes(mesh, "mine", bound(["a.example.com", "b.org"]));
    routes(mesh, "wide", bound(["*"]));
    routes(mesh, "team", bound(["*"]), 0, "team");
    assert.deepEqual(summary(mesh)[0]?.hosts, ["a.example.com:r", "shop.com:r", "*.example.com:r"]);
  });

  it("merge VirtualServices of one host, the older first and what matches everything last", () => {
    const mesh = world();
    gateway(mesh, "bookinfo", [http("*")]);
    const spec = (name: string, prefix: string): VirtualServiceSpec => ({
      hosts: ["a.com"],
      gateways: ["bookinfo"],
      http: [{ name, match: [{ uri: { prefix } }], ...toProductpage }],
    });
    routes(mesh, "young", spec("young", "/y"), 3);
    routes(mesh, "old", spec("old", "/o"), 2);
    routes(mesh, "oldest", spec("oldest", "/"), 1);
    assert.deepEqual(summary(mesh)[0]?.hosts, ["a.com:old,young,oldest"]);
  });

  it("keep the oldest of servers that cannot share a port, and of TLS servers the first with a host", () => {
    const mesh = world();
    gateway(mesh, "old", [http("*")], 1);
    gateway(mesh, "young", [{ port: { number: 80, name: "tcp", protocol: "TCP" }, hosts: ["*"] }], 2);
    const tls = (name: string, ...hosts: string[]) => ({
      port: { number: 443, name, protocol: "TLS" },
      hosts,
      tls: { mode: "PASSTHROUGH" as const },
    });
    gateway(mesh, "tls", [tls("one", "a.com"), tls("two", "a.com", "b.com"), tls("three", "b.com")]);
    assert.deepEqual(
      summary(mesh).map(({ servers }) => servers),
      [["http"], ["one", "two"]],
    );
  });

  it("redirect hosts that no VirtualService routes", () => {
    const mesh = world();
    gateway(mesh, "bookinfo", [{ ...http("a.com"), tls: { httpsRedirect: true } }]);
    assert.deepEqual(summary(mesh)[0]?.hosts, ["a.com:"]);
  });

  it("pass TLS through by server name", () => {
    const mesh = world();
    const port = { number: 443, name: "tls", protocol: "TLS" };
    gateway(mesh, "tls", [{ port, hosts: ["a.com"], tls: { mode: "PASSTHROUGH" } }]);
    const match = [{ sniHosts: ["a.com"] }];
    routes(mesh, "tls", { hosts: ["a.com"], gateways: ["tls"], tls: [{ match, ...toProductpage }] });
    const [found] = gatewayPorts(mesh.mesh.gateways, mesh.read, GATEWAY);
    assert.deepEqual(
      found?.tcpRoutes.map(({ sniHosts, destinations }) => [sniHosts, destinations[0]?.host]),
      [[["a.com"], "productpage.default.svc.cluster.local"]],
    );
  });

  it("honour a match for the gateway and narrow others away", () => {
    const mesh = world();
    gateway(mesh, "bookinfo", [http("*")]);
    routes(mesh, "both", {
      hosts: ["a.com"],
      gateways: ["mesh", "bookinfo"],
      http: [
        { name: "mesh", match: [{ gateways: ["mesh"] }], ...toProductpage },
        { name: "edge", match: [{ gateways: ["bookinfo"] }], ...toProductpage },
      ],
    });
    assert.deepEqual(summary(mesh)[0]?.hosts, ["a.com:edge"]);
  });
});
