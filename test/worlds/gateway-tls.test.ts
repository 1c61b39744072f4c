/** TLS at gateways, by both APIs: certificates from Secrets, told apart by server name, renewed under load. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestAuthority, type TestKeyPair, testAuthority, tlsSecret } from "../../src/mesh/testing-certificates.ts";
import { eventually } from "../support/eventually.ts";
import { type HttpsTarget, handshake, httpsGet, startHttpsLoad } from "../support/https.ts";
import { get } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";

const INGRESS = "istio-ingressgateway";

describe("TLS at gateways", { timeout: 300_000 }, () => {
  const world = openWorld();
  let authority: TestAuthority;
  let target: HttpsTarget;

  const secret = async (key: string, pair: TestKeyPair, roots?: string): Promise<void> => {
    const object = { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", ...tlsSecret(key, pair, roots) };
    await world.apply(JSON.stringify(object));
  };
  const status = async (at: HttpsTarget, serverName: string): Promise<number> =>
    (await httpsGet(at, serverName, "/status/200")).status;
  const answers = (at: HttpsTarget, serverName: string): Promise<void> =>
    eventually(async () => assert.equal(await status(at, serverName), 200));

  before(async () => {
    await world.start("up");
    await world.deploy("httpbin/httpbin.yaml");
    authority = await testAuthority("test");
    const at = await world.gatewayPort(INGRESS, "istio-system", 443);
    target = { ...at, ca: authority.certificate };
    await secret("istio-system/simple", await authority.issue("simple.example.com"));
    await secret("istio-system/beside", await authority.issue("beside.example.com"));
    await secret("istio-system/mutual", await authority.issue("mutual.example.com"), authority.certificate);
    await secret("istio-system/optional", await authority.issue("optional.example.com"), authority.certificate);
    await world.apply(GATEWAY);
    await answers(target, "simple.example.com");
  });
  after(() => world.end());

  test("a server shows its certificate to who asks for its name, and speaks HTTP/2 and HTTP/1.1", async () => {
    for (const protocol of ["h2", "http/1.1"]) {
      const shown = await handshake(target, "simple.example.com", [protocol]);
      assert.deepEqual([shown.certificate.subject.CN, shown.protocol], ["simple.example.com", protocol]);
    }
    assert.equal((await handshake(target, "mutual.example.com")).certificate.subject.CN, "mutual.example.com");
  });

  test("who asks for a name that nobody serves gets no handshake", async () => {
    await assert.rejects(status(target, "other.example.com"), /ECONNRESET|socket/);
  });

  test("a host of another server is not served on a connection to this one", async () => {
    const hostHeader = "mutual.example.com";
    const crossed = await httpsGet(target, "simple.example.com", "/status/200", { hostHeader });
    assert.equal(crossed.status, 404);
  });

  test("MUTUAL lets in who shows a certificate of its CA, and nobody else", async () => {
    const client = await authority.issue("client");
    const stranger = await (await testAuthority("elsewhere")).issue("client");
    assert.equal(await status({ ...target, ...client }, "mutual.example.com"), 200);
    await assert.rejects(status(target, "mutual.example.com"));
    await assert.rejects(status({ ...target, ...stranger }, "mutual.example.com"));
  });

  test("OPTIONAL_MUTUAL asks for a certificate: one of its CA or none will do, another will not", async () => {
    const client = await authority.issue("client");
    const stranger = await (await testAuthority("elsewhere")).issue("client");
    assert.equal(await status({ ...target, ...client }, "optional.example.com"), 200);
    assert.equal(await status(target, "optional.example.com"), 200);
    await assert.rejects(status({ ...target, ...stranger }, "optional.example.com"));
  });

  test("plain HTTP is redirected where a server says so", async () => {
    const { host, port } = await world.gatewayPort(INGRESS, "istio-system", 80);
    const answer = await get(`http://${host}:${port}/x`, { headers: { host: "simple.example.com" } });
    assert.deepEqual([answer.status, answer.headers.location], [301, "https://simple.example.com/x"]);
  });

  test("a certificate is renewed under load without a failed request, on kept and on new connections", async () => {
    const load = startHttpsLoad(target, "simple.example.com", "/status/200");
    let serial = "";
    for (let i = 0; i < 5; i++) {
      const renewed = await authority.issue("simple.example.com");
      await secret("istio-system/simple", renewed);
      await eventually(async () => {
        const { certificate: shown } = await handshake(target, "simple.example.com");
        assert.notEqual(shown.serialNumber, serial);
        assert.equal(shown.raw.toString("base64"), body(renewed.certificate));
        serial = shown.serialNumber;
      });
    }
    const { requests, failures } = await load.stop();
    console.log(`${requests} requests while the certificate changed 5 times, ${failures.length} failed`);
    assert.ok(requests > 50);
    assert.deepEqual(failures, []);
  });

  test("the key is held by the gateway that serves it and by no other proxy", async () => {
    const pods = JSON.parse(await world.kubectl("get", "pods", "-A", "-o", "json")).items;
    const proxies = pods.filter((pod: Pod) =>
      [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].some(({ name }) => name === "istio-proxy"),
    );
    const holders: string[] = [];
    for (const { metadata } of proxies) {
      const said = await world.lateen("proxy-config", "secret", `${metadata.name}.${metadata.namespace}`);
      assert.doesNotMatch(said, /PRIVATE KEY/);
      if (/kubernetes:\/\/simple +Cert Chain +ACTIVE +true/.test(said)) holders.push(metadata.name);
    }
    assert.ok(proxies.length > 1);
    assert.equal(holders.length, 1);
    assert.match(holders[0] ?? "", new RegExp(INGRESS));
  });

  test("when a Secret is deleted proxies go on with what they have, and the Gateway says what is missing", async () => {
    await world.kubectl("delete", "secret", "simple", "-n", "istio-system");
    await eventually(async () => {
      const { status: said } = JSON.parse(
        await world.kubectl("get", "gateways.networking.istio.io", "tls", "-o", "json"),
      );
      const found = said.conditions.find(({ type }: { type: string }) => type === "ResolvedRefs");
      assert.match(found.message, /there is no Secret istio-system\/simple; .*until they restart/);
    });
    assert.equal(await status(target, "simple.example.com"), 200);
    await secret("istio-system/simple", await authority.issue("simple.example.com"));
  });

  test("a server whose Secret is missing holds up no other, and is served once it is there", async () => {
    await world.apply(LATE);
    await answers(target, "beside.example.com");
    await assert.rejects(status(target, "late.example.com"));
    await secret("istio-system/late", await authority.issue("late.example.com"));
    await answers(target, "late.example.com");
  });

  test("the Gateway API's listeners end TLS, pass it through by name, and forward plain TCP", async () => {
    await secret("default/api", await authority.issue("api.example.com"));
    await world.apply(GATEWAY_API);
    await world.kubectl(
      "wait",
      "--for=condition=programmed",
      "--timeout=120s",
      "gateways.gateway.networking.k8s.io/api",
    );
    const at = async (port: number): Promise<HttpsTarget> => ({
      ...(await world.gatewayPort("api-istio", "default", port)),
      ca: authority.certificate,
    });
    await answers(await at(443), "api.example.com");
    // passed through to the ingress gateway, which shows its own certificate
    const passed = await at(8443);
    await answers(passed, "simple.example.com");
    const { certificate } = await handshake(passed, "simple.example.com");
    assert.equal(certificate.subject.CN, "simple.example.com");
    await assert.rejects(status(passed, "mutual.example.com"));
    // ended, and then a connection of bytes
    await answers(await at(9443), "api.example.com");
    const { host, port } = await at(9000);
    await eventually(async () => assert.equal((await get(`http://${host}:${port}/status/200`)).status, 200));
  });

  test("a gateway speaks TLS to a backend whose certificate a policy names, and to no other", async () => {
    const client = await authority.issue("client");
    await secret("default/client", client);
    const data = { "ca.crt": authority.certificate };
    await world.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "ca", namespace: "istio-system" },
        data,
      }),
    );
    await world.apply(reencrypting("mutual.example.com"));
    const { host, port } = await world.gatewayPort("front-istio", "default", 80);
    const answer = async () => (await get(`http://${host}:${port}/status/200`)).status;
    await eventually(async () => assert.equal(await answer(), 200), 60_000);
    await world.apply(reencrypting("elsewhere.example.com"));
    await eventually(async () => assert.equal(await answer(), 503));
  });
});

interface Pod {
  metadata: { name: string; namespace: string };
  spec: { containers: { name: string }[]; initContainers?: { name: string }[] };
}

/** The base64 between the lines of a PEM. */
function body(pem: string): string {
  return pem.replace(/-----[A-Z ]+-----|\s/g, "");
}

/** A Gateway that sends to the ingress gateway's HTTPS port, which wants a certificate of its clients. */
const reencrypting = (hostname: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP}]
  tls: {backend: {clientCertificateRef: {name: client}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: front}
spec:
  parentRefs: [{name: front}]
  rules:
  - filters: [{type: URLRewrite, urlRewrite: {hostname: mutual.example.com}}]
    backendRefs: [{name: ${INGRESS}, namespace: istio-system, port: 443}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: front, namespace: istio-system}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]
  to: [{group: "", kind: Service}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: ingress, namespace: istio-system}
spec:
  targetRefs: [{group: "", kind: Service, name: ${INGRESS}, sectionName: https}]
  validation:
    hostname: ${hostname}
    caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
`;

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: tls}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: simple, protocol: HTTPS}
    hosts: [simple.example.com]
    tls: {mode: SIMPLE, credentialName: simple}
  - port: {number: 443, name: mutual, protocol: HTTPS}
    hosts: [mutual.example.com]
    tls: {mode: MUTUAL, credentialName: mutual}
  - port: {number: 443, name: optional, protocol: HTTPS}
    hosts: [optional.example.com]
    tls: {mode: OPTIONAL_MUTUAL, credentialName: optional}
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [simple.example.com]
    tls: {httpsRedirect: true}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: tls}
spec:
  hosts: [simple.example.com, mutual.example.com, optional.example.com]
  gateways: [tls]
  http:
  - route: [{destination: {host: httpbin, port: {number: 8000}}}]
`;

const LATE = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: late}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: late, protocol: HTTPS}
    hosts: [late.example.com]
    tls: {mode: SIMPLE, credentialName: late}
  - port: {number: 443, name: beside, protocol: HTTPS}
    hosts: [beside.example.com]
    tls: {mode: SIMPLE, credentialName: beside}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: late}
spec:
  hosts: [late.example.com, beside.example.com]
  gateways: [late]
  http:
  - route: [{destination: {host: httpbin, port: {number: 8000}}}]
`;

const GATEWAY_API = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: api}
spec:
  gatewayClassName: istio
  listeners:
  - {name: https, port: 443, protocol: HTTPS, hostname: api.example.com, tls: {certificateRefs: [{name: api}]}}
  - {name: pass, port: 8443, protocol: TLS, tls: {mode: Passthrough}}
  - {name: end, port: 9443, protocol: TLS, tls: {certificateRefs: [{name: api}]}}
  - {name: tcp, port: 9000, protocol: TCP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  parentRefs: [{name: api, sectionName: https}]
  rules: [{backendRefs: [{name: httpbin, port: 8000}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: pass}
spec:
  parentRefs: [{name: api, sectionName: pass}]
  hostnames: [simple.example.com]
  rules: [{backendRefs: [{name: ${INGRESS}, namespace: istio-system, port: 443}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: pass, namespace: istio-system}
spec:
  from: [{group: gateway.networking.k8s.io, kind: TLSRoute, namespace: default}]
  to: [{group: "", kind: Service}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: end}
spec:
  parentRefs: [{name: api, sectionName: end}]
  hostnames: [api.example.com]
  rules: [{backendRefs: [{name: httpbin, port: 8000}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: tcp}
spec:
  parentRefs: [{name: api, sectionName: tcp}]
  rules: [{backendRefs: [{name: httpbin, port: 8000}]}]
`;
