import assert from "node:assert/strict";
import { test } from "node:test";
import { found, gateway, INGRESS, together, virtualService } from "../testing.ts";
import { virtualServiceJwtClaimsAnalyzer } from "./virtual-service-jwt-claims.ts";

const edge = gateway("edge", "{selector: {istio: ingressgateway}, servers: []}");
const byClaim = virtualService(
  "a",
  `{hosts: [a.com], gateways: [edge], http: [{match: [{headers: {"@request.auth.claims.group": {exact: admin}}}], route: [{destination: {host: x}}]}]}`,
);
const verifies = (labels: string): string =>
  `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: r, namespace: istio-system}, spec: {selector: {matchLabels: ${labels}}}}`;

test("a gateway that routes by a token's claims must verify tokens", () => {
  assert.deepEqual(found(virtualServiceJwtClaimsAnalyzer, together(INGRESS, edge, byClaim)), [
    "IST0149 VirtualService default/a spec.http[0].match[0].headers[@request.auth.claims.group]",
  ]);
  const verified = together(INGRESS, edge, byClaim, verifies("{istio: ingressgateway}"));
  assert.deepEqual(found(virtualServiceJwtClaimsAnalyzer, verified), []);
  const other = together(INGRESS, edge, byClaim, verifies("{istio: other}"));
  assert.equal(found(virtualServiceJwtClaimsAnalyzer, other).length, 1);
});
