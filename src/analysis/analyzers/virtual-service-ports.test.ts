import assert from "node:assert/strict";
import { test } from "node:test";
import { found, REVIEWS, together, virtualService } from "../testing.ts";
import { virtualServicePortsAnalyzer } from "./virtual-service-ports.ts";

const two = `{apiVersion: v1, kind: Service, metadata: {name: two}, spec: {ports: [{name: http, port: 80}, {name: grpc, port: 81}]}}`;
const to = (destination: string): string =>
  together(REVIEWS, two, virtualService("a", `{hosts: [a.com], http: [{route: [{destination: ${destination}}]}]}`));

test("of a service with several ports one must be named", () => {
  assert.deepEqual(found(virtualServicePortsAnalyzer, to("{host: two}")), [
    "IST0112 VirtualService default/a spec.http[0].route[0].destination",
  ]);
  assert.deepEqual(found(virtualServicePortsAnalyzer, to("{host: two, port: {number: 80}}")), []);
  assert.deepEqual(found(virtualServicePortsAnalyzer, to("{host: reviews}")), []);
});
