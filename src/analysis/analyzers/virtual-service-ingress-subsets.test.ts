import assert from "node:assert/strict";
import { test } from "node:test";
import { found, together, virtualService } from "../testing.ts";
import { virtualServiceIngressSubsetsAnalyzer } from "./virtual-service-ingress-subsets.ts";

const route = (subset: string): string => `http: [{route: [{destination: {host: reviews, subset: ${subset}}}]}]`;
const sidecars = virtualService("inside", `{hosts: [reviews], ${route("v1")}}`);
const edge = (subset: string): string => virtualService("edge", `{hosts: [a.com], gateways: [g], ${route(subset)}}`);

test("a gateway's route without subset goes past the one that sidecars obey", () => {
  assert.deepEqual(found(virtualServiceIngressSubsetsAnalyzer, together(sidecars, edge("''"))), [
    "IST0140 VirtualService default/edge spec.http[0].route[0].destination",
  ]);
});

test("a route with a subset, or to a host that nobody splits, is fine", () => {
  assert.deepEqual(found(virtualServiceIngressSubsetsAnalyzer, together(sidecars, edge("v2"))), []);
  assert.deepEqual(found(virtualServiceIngressSubsetsAnalyzer, edge("''")), []);
});
