import assert from "node:assert/strict";
import { test } from "node:test";
import { destinationRule, found } from "../testing.ts";
import { destinationRuleTlsAnalyzer } from "./destination-rule-tls.ts";

const told = (policy: string, more = ""): string[] =>
  found(destinationRuleTlsAnalyzer, destinationRule("r", `{host: a.com, trafficPolicy: ${policy}${more}}`));

test("TLS without a CA to verify the server by is told, for the host and for its ports", () => {
  assert.deepEqual(
    told("{tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 443}, tls: {mode: MUTUAL, credentialName: c}}]}"),
    [
      "IST0128 DestinationRule default/r spec.trafficPolicy.tls",
      "IST0129 DestinationRule default/r spec.trafficPolicy.portLevelSettings[0].tls",
    ],
  );
});

test("with a CA, with the mesh's own TLS, or with a credential that workloads get, it is verified", () => {
  assert.deepEqual(told("{tls: {mode: SIMPLE, caCertificates: /ca.pem}}"), []);
  assert.deepEqual(told("{tls: {mode: ISTIO_MUTUAL}}"), []);
  assert.deepEqual(told("{tls: {mode: SIMPLE, credentialName: c}}", ", workloadSelector: {matchLabels: {a: b}}"), []);
});
