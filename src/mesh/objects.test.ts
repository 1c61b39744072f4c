import assert from "node:assert/strict";
import { it } from "node:test";
import { bySpecificity, hostAndWildcards, intersectHosts } from "./hosts.ts";
import { kubernetesService } from "./kubernetes-services.ts";
import type { Protocol } from "./model.ts";
import { portProtocol } from "./protocol.ts";
import { serviceEntryServices } from "./service-entries.ts";
import { DEFAULT_SETTINGS, settingsOf } from "./settings.ts";
import { pod, service } from "./testing.ts";
import { workloadOf } from "./workloads.ts";

it("a port's protocol is what the object declares, else what its name begins with", () => {
  const cases: [Parameters<typeof portProtocol>[0], Protocol][] = [
    [{ number: 80, name: "http" }, "HTTP"],
    [{ number: 80, name: "http-web" }, "HTTP"],
    [{ number: 80, name: "HTTP2-x" }, "HTTP2"],
    [{ number: 80, name: "grpc-web-x" }, "GRPC"],
    [{ number: 80, name: "web" }, "Auto"],
    [{ number: 80 }, "Auto"],
    [{ number: 3306 }, "TCP"],
    [{ number: 80, name: "mongo-db" }, "TCP"],
    [{ number: 80, name: "http", appProtocol: "tcp" }, "TCP"],
    [{ number: 80, name: "tcp", appProtocol: "kubernetes.io/h2c" }, "HTTP2"],
    [{ number: 80, name: "http", transport: "UDP" }, "UDP"],
  ];
  for (const [port, protocol] of cases) assert.equal(portProtocol(port), protocol, JSON.stringify(port));
});

it("hosts: wildcards from the closest, what two have in common, the most specific first", () => {
  assert.deepEqual(hostAndWildcards("a.b.c"), ["a.b.c", "*.b.c", "*.c", "*"]);
  assert.deepEqual(hostAndWildcards("*.b.c"), ["*.b.c", "*.c", "*"]);
  assert.equal(intersectHosts("*.a.com", "x.a.com"), "x.a.com");
  assert.equal(intersectHosts("x.a.com", "*"), "x.a.com");
  assert.equal(intersectHosts("*.a.com", "*.x.a.com"), "*.x.a.com");
  assert.equal(intersectHosts("*.a.com", "a.com"), undefined);
  assert.deepEqual(["*", "*.a.com", "b.a.com", "*.b.a.com"].sort(bySpecificity), [
    "b.a.com",
    "*.b.a.com",
    "*.a.com",
    "*",
  ]);
});

it("services: cluster IPs, headless, by external name, from ServiceEntries", () => {
  const of = (spec: object) => kubernetesService(service("a", "default", spec), DEFAULT_SETTINGS);
  assert.deepEqual(of({}).addresses, ["10.96.0.1"]);
  const headless = of({ clusterIP: "None", clusterIPs: ["None"] });
  assert.deepEqual([headless.headless, headless.resolution, headless.addresses], [true, "Passthrough", []]);
  const external = of({ type: "ExternalName", externalName: "b.com", clusterIP: "" });
  assert.deepEqual(
    [external.resolution, external.meshExternal, external.dnsEndpoints[0]?.host],
    ["DNS", true, "b.com"],
  );
  const [entry] = serviceEntryServices({
    apiVersion: "",
    kind: "",
    metadata: { name: "e", namespace: "default" },
    spec: {
      hosts: ["A.com"],
      addresses: ["1.2.3.4/32"],
      ports: [{ number: 80, name: "p", protocol: "HTTP", targetPort: 8080 }],
      resolution: "DNS",
    },
  });
  assert.deepEqual(
    [entry?.host, entry?.addresses, entry?.meshExternal, entry?.dnsEndpoints],
    [
      "a.com",
      ["1.2.3.4"],
      true,
      [
        {
          host: "a.com",
          ports: { p: 8080 },
          weight: 1,
          labels: {},
          locality: "",
          serviceAccount: "",
          meshed: false,
        },
      ],
    ],
  );
});

it("pods: what owns them, whether they have a proxy, and no address once they have ended", () => {
  const sidecar = pod("reviews-v1-5d-x", "10.244.0.2", { app: "reviews", "pod-template-hash": "5d" });
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "reviews-v1-5d", uid: "1", controller: true };
  const owned = { ...sidecar, metadata: { ...sidecar.metadata, ownerReferences: [owner] } };
  const { workload, proxy, addresses, serviceAccount } = workloadOf(owned);
  assert.deepEqual([workload, proxy, addresses, serviceAccount], ["reviews-v1", "Sidecar", ["10.244.0.2"], "bookinfo"]);
  assert.deepEqual(workloadOf({ ...owned, status: { phase: "Failed", podIP: "10.244.0.2" } }).addresses, []);
  assert.equal(workloadOf({ ...owned, spec: { containers: [{ name: "istio-proxy" }] } }).proxy, "Gateway");
  assert.equal(workloadOf({ ...owned, spec: { containers: [{ name: "app" }] } }).proxy, "None");
});

it("settings come from MeshConfig, with defaults for what it leaves out", () => {
  const of = (mesh: string) => settingsOf({ metadata: { name: "istio" }, data: { mesh } });
  assert.deepEqual(settingsOf(undefined), DEFAULT_SETTINGS);
  assert.deepEqual(of(""), DEFAULT_SETTINGS);
  const text =
    "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\naccessLogFile: /dev/stdout\nlateen: {delivery: Eager}\ntrustDomain: td\ntrustDomainAliases: [old, 1]\nenableAutoMtls: false\nmeshMTLS: {minProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-RSA-AES256-GCM-SHA384, NONE-SUCH]}\ndefaultConfig: {gatewayTopology: {forwardClientCertDetails: APPEND_FORWARD}}";
  assert.deepEqual(of(text), {
    ...DEFAULT_SETTINGS,
    outboundTrafficPolicy: "REGISTRY_ONLY",
    accessLogFile: "/dev/stdout",
    delivery: "Eager",
    trustDomain: "td",
    trustDomainAliases: ["old"],
    autoMtls: false,
    meshTls: { minVersion: "TLSV1_2", cipherSuites: ["ECDHE-RSA-AES256-GCM-SHA384"] },
    gatewayClientCert: "APPEND_FORWARD",
  });
});
