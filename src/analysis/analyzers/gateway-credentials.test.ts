import assert from "node:assert/strict";
import { test } from "node:test";
import { testAuthority } from "../../mesh/testing-certificates.ts";
import { clusterOf, found, gateway, INGRESS, messages, together } from "../testing.ts";
import { gatewayCredentialsAnalyzer } from "./gateway-credentials.ts";

const edge = gateway(
  "edge",
  "{selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['a.com'], tls: {mode: SIMPLE, credentialName: edge-cert}}]}",
);
const secret = (name: string, namespace: string, data = "{}"): string =>
  `{apiVersion: v1, kind: Secret, metadata: {name: ${name}, namespace: ${namespace}}, type: kubernetes.io/tls, data: ${data}}`;

test("a Secret that is not there is told, with the one that may have been meant", () => {
  const world = clusterOf(together(INGRESS, edge, secret("edge-certs", "istio-system")));
  const [message] = messages(gatewayCredentialsAnalyzer, world);
  assert.deepEqual([message?.code, message?.field], ["IST0101", "spec.servers[0].tls.credentialName"]);
  assert.equal(message?.remedy, 'did you mean "edge-certs"?');
});

test("it must be beside the gateway's pods, not beside the Gateway", () => {
  const [message] = messages(
    gatewayCredentialsAnalyzer,
    clusterOf(together(INGRESS, edge, secret("edge-cert", "default"))),
  );
  assert.equal(message?.code, "IST0101");
  assert.match(message?.remedy ?? "", /no Secret istio-system\/edge-cert, where the gateway's pods are/);
});

test("a Secret that holds no certificate is told, and why", () => {
  const world = clusterOf(
    together(INGRESS, edge, secret("edge-cert", "istio-system", "{tls.crt: bm9uc2Vuc2U=, tls.key: eA==}")),
  );
  const [message] = messages(gatewayCredentialsAnalyzer, world);
  assert.equal(message?.code, "IST0161");
  assert.match(message?.text ?? "", /there is no PEM certificate under tls.crt/);
});

test("a Secret with a certificate and its key is fine", async () => {
  const { certificate, privateKey } = await (await testAuthority("ca")).issue("a.com");
  const [crt, key] = [certificate, privateKey].map((text) => Buffer.from(text).toString("base64"));
  const good = secret("edge-cert", "istio-system", JSON.stringify({ "tls.crt": crt, "tls.key": key }));
  assert.deepEqual(found(gatewayCredentialsAnalyzer, together(INGRESS, edge, good)), []);
});
