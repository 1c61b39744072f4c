import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewaySpec } from "../kinds/istio/gateway-schema.ts";
import { wireGatewayProblems } from "./gateway-problems.ts";
import { gatewayPorts, tableOf } from "./gateways.ts";
import { pod, testMesh } from "./testing.ts";
import { testAuthority, tlsSecret } from "./testing-certificates.ts";

const GATEWAY = "edge/gate";
type Server = NonNullable<GatewaySpec["servers"]>[number];

function world() {
  const mesh = testMesh();
  const problems = wireGatewayProblems(mesh.graph, mesh.inputs, mesh.mesh);
  mesh.inputs.pods.set("edge/gate", {
    ...pod("gate", "10.244.0.9", { istio: "edge" }, "edge"),
    spec: { containers: [{ name: "istio-proxy" }] },
  });
  const gateway = (...servers: Server[]): void =>
    mesh.inputs.gateways.set("default/g", {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "g", namespace: "default" },
      spec: { selector: { istio: "edge" }, servers },
    });
  const servers = () => gatewayPorts(mesh.mesh.gateways, mesh.read, GATEWAY).flatMap((port) => port.servers);
  const conditions = () => {
    const status: { conditions?: { type: string; message: string }[] } = problems.get("default/g")?.status ?? {};
    return status.conditions ?? [];
  };
  return { ...mesh, gateway, servers, conditions };
}

const server = (tls: Server["tls"], name = "https"): Server => ({
  port: { number: 443, name, protocol: "HTTPS" },
  hosts: [`${name}.com`],
  ...(tls && { tls }),
});

test("credentials are Secrets of the gateway's namespace, several where keys differ; files are the proxy's own", () => {
  const w = world();
  w.gateway(
    server({ mode: "SIMPLE", credentialNames: ["rsa", "ecdsa"] }, "several"),
    server({ mode: "MUTUAL", serverCertificate: "/a", privateKey: "/b", caCertificates: "/c" }, "files"),
  );
  const [several, files] = w.servers().map(({ tls }) => tls);
  assert.deepEqual(
    several?.certificates.map((each) => ("resource" in each ? [each.resource, ...each.objects] : [])),
    [
      ["kubernetes://rsa", "edge/rsa"],
      ["kubernetes://ecdsa", "edge/ecdsa"],
    ],
  );
  assert.deepEqual([files?.certificates, files?.clientRoots], [[{ certificate: "/a", privateKey: "/b" }], "/c"]);
});

test("cipher suites that Envoy does not know are left out: it would refuse the port with all its servers", () => {
  const w = world();
  w.gateway(
    server({ mode: "SIMPLE", credentialName: "c", cipherSuites: ["NONE-SUCH", "ECDHE-RSA-AES256-GCM-SHA384"] }),
  );
  assert.deepEqual(w.servers()[0]?.tls?.cipherSuites, ["ECDHE-RSA-AES256-GCM-SHA384"]);
});

test("servers that end TLS have tables of hosts of their own, those of plain HTTP on one port share one", () => {
  const w = world();
  const plain = (name: string): Server => ({ port: { number: 80, name, protocol: "HTTP" }, hosts: [`${name}.com`] });
  w.gateway(plain("a"), plain("b"), server({ mode: "SIMPLE", credentialName: "c" }, "s"));
  assert.deepEqual(w.servers().map(tableOf), ["http.80", "http.80", "https.443.s.g.default"]);
});

test("a Gateway says which Secrets it misses; the mesh's own certificates need none", async () => {
  const w = world();
  w.gateway(server({ mode: "SIMPLE", credentialName: "cert" }));
  assert.deepEqual(
    w.conditions().map(({ type, message }) => [type, message.split(";")[0]]),
    [["ResolvedRefs", "server https: there is no Secret edge/cert"]],
  );
  w.inputs.secrets.set("edge/cert", tlsSecret("edge/cert", await (await testAuthority("ca")).issue("a.com")));
  assert.deepEqual(w.conditions(), []);
  w.gateway(server({ mode: "MUTUAL", credentialName: "cert" }), server({ mode: "ISTIO_MUTUAL" }, "mesh"));
  assert.deepEqual(
    w.conditions().map(({ type, message }) => [type, message.split(";")[0]]),
    [["ResolvedRefs", "server https: Secret edge/cert: it has no CA certificates under ca.crt"]],
  );
});
