import assert from "node:assert/strict";
import { test } from "node:test";
import { addressClusterName, parseAddressClusterName } from "./listeners/network-filters.ts";
import { configPath, outboundClusterName, parseOutboundClusterName, sidecarServerName } from "./names.ts";

const named = { host: "reviews.default.svc.cluster.local", port: 9080, subset: "v1" };

test("cluster names are Istio's, and can be read back", () => {
  assert.equal(outboundClusterName(named), "outbound|9080|v1|reviews.default.svc.cluster.local");
  assert.equal(sidecarServerName(named), "outbound_.9080_.v1_.reviews.default.svc.cluster.local");
  assert.deepEqual(parseOutboundClusterName(outboundClusterName(named)), named);
  assert.deepEqual(parseOutboundClusterName("outbound|80||*.example.com"), {
    host: "*.example.com",
    port: 80,
    subset: "",
  });
});

test("what is no cluster name is not read as one", () => {
  for (const name of [
    "",
    "outbound",
    "inbound|80||",
    "outbound|x||a",
    "outbound|80||",
    "outbound|80||a|b",
    "outbound|70000||a",
  ])
    assert.equal(parseOutboundClusterName(name), undefined, name);
});

test("clusters by address are read back, of both families", () => {
  for (const [ip, name] of [
    ["10.96.0.7", "tcp|10.96.0.7:5432"],
    ["fd00::7", "tcp|[fd00::7]:5432"],
  ] as const) {
    assert.equal(addressClusterName(ip, 5432), name);
    assert.deepEqual(parseAddressClusterName(name), { ip, port: 5432 });
  }
  assert.equal(parseAddressClusterName("tcp|reviews"), undefined);
});

test("an object's path in metadata is Istio's", () => {
  assert.equal(
    configPath({ kind: "networking.istio.io/DestinationRule", namespace: "default", name: "reviews" }),
    "/apis/networking.istio.io/v1/namespaces/default/destination-rule/reviews",
  );
  assert.equal(
    configPath({ kind: "gateway.networking.k8s.io/HTTPRoute", namespace: "n", name: "r" }),
    "/apis/gateway.networking.k8s.io/v1/namespaces/n/http-route/r",
  );
});
