import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_RULES, rulesDifference, rulesOf } from "./service-rules.ts";
import { serviceState } from "./service-state.ts";

const reviews = (ready: string[], affinity = "None") =>
  serviceState(
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "default", name: "reviews" },
      spec: {
        clusterIP: "10.96.3.4",
        clusterIPs: ["10.96.3.4"],
        ports: [{ name: "http", port: 80 }],
        sessionAffinity: affinity,
      },
    },
    [
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { namespace: "default", name: "reviews-x" },
        addressType: "IPv4",
        ports: [{ name: "http", port: 9080, protocol: "TCP" }],
        endpoints: [
          ...ready.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
          { addresses: ["10.244.0.99"], conditions: { ready: false } },
        ],
      },
    ],
  );

test("a Service's address leads to its ready endpoints", () => {
  const { chains } = rulesOf([reviews(["10.244.0.7", "10.244.0.6"])]);
  assert.deepEqual(
    [...chains],
    [
      [
        "10.96.3.4 . tcp . 80",
        "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.0.6 . 9080, 1 : 10.244.0.7 . 9080 }",
      ],
    ],
  );
});

test("a sticky Service chooses by the client's address", () => {
  const { chains } = rulesOf([reviews(["10.244.0.7"], "ClientIP")]);
  assert.match(chains.get("10.96.3.4 . tcp . 80") ?? "", /jhash ip saddr mod 1 seed/);
});

test("a change touches only the chain that it concerns", () => {
  const before = rulesOf([reviews(["10.244.0.7"])]);
  const after = rulesOf([reviews(["10.244.0.7", "10.244.0.8"])]);
  assert.equal(
    rulesDifference(before, after),
    [
      "add chain ip lateen to-10.96.3.4-tcp-80",
      "flush chain ip lateen to-10.96.3.4-tcp-80",
      "add rule ip lateen to-10.96.3.4-tcp-80 meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.0.7 . 9080, 1 : 10.244.0.8 . 9080 }",
      "add element ip lateen itself { 10.244.0.8 . 10.244.0.8 }",
      "",
    ].join("\n"),
  );
  assert.equal(rulesDifference(after, after), "");
});

test("a Service without ready endpoints has no rule, so that the node refuses its connections", () => {
  const before = rulesOf([reviews(["10.244.0.7"])]);
  const after = rulesOf([reviews([])]);
  assert.equal(after.chains.size, 0);
  assert.match(rulesDifference(before, after), /^delete element ip lateen services \{ 10\.96\.3\.4 \. tcp \. 80 \}/);
  assert.equal(rulesDifference(NO_RULES, after), "");
});
