import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, destinationRule, found, messages, REVIEWS, together, virtualService } from "../testing.ts";
import { virtualServiceHostsAnalyzer, virtualServiceSubsetsAnalyzer } from "./virtual-service-references.ts";

const route = (to: string): string => virtualService("a", `{hosts: [a.com], http: [{route: [{destination: ${to}}]}]}`);

test("a host that no service has is told, with the name that may have been meant", () => {
  const world = clusterOf(together(REVIEWS, route("{host: reviewz}")));
  const [message] = messages(virtualServiceHostsAnalyzer, world);
  assert.equal(message?.code, "IST0101");
  assert.equal(message?.level, "Error");
  assert.equal(message?.field, "spec.http[0].route[0].destination.host");
  assert.equal(message?.text, 'Referenced host not found: "reviewz"');
  assert.equal(message?.remedy, 'did you mean "reviews"?');
});

test("a suggestion is written as the wrong name is", () => {
  const remedy = (host: string): string | undefined =>
    messages(virtualServiceHostsAnalyzer, clusterOf(together(REVIEWS, route(`{host: ${host}}`))))[0]?.remedy;
  assert.equal(remedy("reviewz.default"), 'did you mean "reviews.default"?');
  assert.equal(remedy("reviewz.default.svc.cluster.local"), 'did you mean "reviews.default.svc.cluster.local"?');
  assert.match(remedy("nothing.like.it") ?? "", /create a Service or a ServiceEntry/);
});

test("ports, delegates and mirrors are looked at too", () => {
  const yaml = together(
    REVIEWS,
    route("{host: reviews, port: {number: 1}}"),
    virtualService("b", "{hosts: [b.com], http: [{delegate: {name: leaf}}]}"),
    virtualService("c", "{hosts: [c.com], http: [{route: [{destination: {host: reviews}}], mirror: {host: none}}]}"),
  );
  assert.deepEqual(found(virtualServiceHostsAnalyzer, yaml), [
    "IST0101 VirtualService default/a spec.http[0].route[0].destination.port.number",
    "IST0101 VirtualService default/b spec.http[0].delegate",
    "IST0101 VirtualService default/c spec.http[0].mirror.host",
  ]);
});

test("a host of a ServiceEntry, a wildcard's included, is there", () => {
  const entry =
    "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e}, spec: {hosts: ['*.example.com'], ports: [{number: 443, name: tls, protocol: TLS}]}}";
  assert.deepEqual(found(virtualServiceHostsAnalyzer, together(entry, route("{host: api.example.com}"))), []);
});

test("a subset is there when a DestinationRule for its host has it", () => {
  const rule = destinationRule("r", "{host: reviews, subsets: [{name: v1, labels: {version: v1}}]}");
  const subset = (name: string): string[] =>
    found(virtualServiceSubsetsAnalyzer, together(REVIEWS, rule, route(`{host: reviews, subset: ${name}}`)));
  assert.deepEqual(subset("v1"), []);
  assert.deepEqual(subset("v2"), ["IST0101 VirtualService default/a spec.http[0].route[0].destination.subset"]);
});
