import assert from "node:assert/strict";
import { test } from "node:test";
import { podKind } from "../../kinds/core/pod.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { clusterOf, destinationRule, gateway, namespace, pod, REVIEWS, together, virtualService } from "../testing.ts";
import type { Fact } from "./fact.ts";
import { describePod } from "./pod.ts";
import { describeService } from "./service.ts";

const RULES = together(
  destinationRule(
    "reviews",
    "{host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}",
  ),
  virtualService(
    "reviews",
    "{hosts: [reviews], http: [{match: [{headers: {end-user: {exact: jason}}}], route: [{destination: {host: reviews, subset: v2}}]}, {route: [{destination: {host: reviews, subset: v1}, weight: 80}, {destination: {host: reviews, subset: v2}, weight: 20}]}]}",
  ),
  gateway("edge", "{selector: {a: b}, servers: []}"),
  virtualService(
    "outside",
    "{hosts: ['*'], gateways: [edge], http: [{match: [{uri: {exact: /page}}, {uri: {prefix: /static}}], route: [{destination: {host: reviews}}]}]}",
  ),
  "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: h}, spec: {parentRefs: [{name: g}], hostnames: [a.com], rules: [{backendRefs: [{name: reviews, port: 9080}]}]}}",
);

const RULES_SHOWN = [
  'DestinationRule: reviews for "reviews"',
  "  Matching subsets: v1",
  "  Non-matching subsets: v2",
  "  No traffic policy",
  "VirtualService: reviews",
  "  2 HTTP route(s)",
  "  when end-user=jason: reviews v2",
  "  reviews v1 80%, reviews v2 20%",
  "Gateway: default/edge for *, by VirtualService outside",
  "  /page, /static*: reviews",
  "HTTPRoute: h of Gateway g for a.com",
];

function lines(facts: readonly Fact[], indent = ""): string[] {
  return facts.flatMap(({ text, more = [] }) => [indent + text, ...lines(more, `${indent}  `)]);
}

function ofPod(yaml: string, name: string, sync?: string): string[] {
  const world = clusterOf(yaml);
  const found = world.find(podKind, `default/${name}`);
  assert.ok(found);
  return lines(describePod(world, found, sync));
}

test("of a pod: its proxy, its Services, and the rules that go for them", () => {
  assert.deepEqual(ofPod(together(REVIEWS, RULES), "reviews-v1", "in sync"), [
    "Pod: reviews-v1",
    "  Pod Revision: default",
    "  Pod does not expose ports",
    "  Proxy: in sync",
    "Service: reviews",
    "  Port: http 9080/HTTP targets pod port 9080",
    ...RULES_SHOWN,
    "Effective PeerAuthentication:",
    "  Workload mTLS mode: PERMISSIVE",
  ]);
});

test("of a pod: what its proxy takes, and who says so", () => {
  const policy = (name: string, namespace: string, spec: string) =>
    `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}`;
  const yaml = together(
    REVIEWS,
    policy("mesh", "istio-system", "{mtls: {mode: STRICT}}"),
    policy("own", "default", "{selector: {matchLabels: {app: reviews}}, portLevelMtls: {9090: {mode: DISABLE}}}"),
  );
  assert.deepEqual(ofPod(yaml, "reviews-v1").slice(-6), [
    "Effective PeerAuthentication:",
    "  Workload mTLS mode: STRICT",
    "  Port 9090: DISABLE",
    "Applied PeerAuthentication:",
    "  own.default",
    "  mesh.istio-system",
  ]);
});

test("of a service: its pods, and the same rules", () => {
  const world = clusterOf(together(REVIEWS, RULES));
  const service = world.find(serviceKind, "default/reviews");
  assert.ok(service);
  assert.deepEqual(lines(describeService(world, service)), [
    "Service: reviews",
    "  Port: http 9080/HTTP targets pod port 9080",
    "  Pods: reviews-v1",
    ...RULES_SHOWN,
  ]);
});

test("a pod outside of the mesh is told why", () => {
  const yaml = together(namespace("default"), pod("alone", "{}"));
  assert.deepEqual(ofPod(yaml, "alone"), [
    "Pod: alone",
    "  WARNING: not part of the mesh: no proxy, since namespace default has no label istio-injection=enabled",
    "  Pod does not expose ports",
    "  Suggestion: give it the label app, by which metrics are grouped",
    "  Suggestion: give it the label version, by which metrics are grouped",
    "WARNING: no Service leads to this pod",
  ]);
});

test("pods that no route leads to, and rules that are not obeyed, are warned of", () => {
  const away = virtualService("a", "{hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v2}}]}]}");
  const later = virtualService("b", "{hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]}");
  const rule = destinationRule("reviews", "{host: reviews, subsets: [{name: v2, labels: {version: v2}}]}");
  const told = ofPod(together(REVIEWS, rule, away, later), "reviews-v1", "in sync").filter((line) =>
    line.includes("WARNING"),
  );
  assert.deepEqual(told, [
    "  WARNING: no pods in any subset: v2",
    "  WARNING: no route leads to these pods: their subsets get nothing",
    "WARNING: VirtualService b for the same host is not obeyed",
  ]);
});
