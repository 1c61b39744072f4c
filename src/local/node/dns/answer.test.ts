import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode, type RecordType } from "dns-packet";
import type { ServiceState } from "../network/service-state.ts";
import { answer } from "./answer.ts";

const service = (key: string, more: Partial<ServiceState> = {}): [string, ServiceState] => [
  key,
  { key, type: "ClusterIP", clusterIPs: [], sticky: false, ports: [], endpoints: [], ...more },
];

const zone = new Map([
  service("default/reviews", {
    clusterIPs: ["10.96.1.2"],
    ports: [{ name: "http", protocol: "tcp", port: 9080, targets: [] }],
  }),
  service("default/db", {
    endpoints: [{ ip: "10.244.0.7", hostname: "db-0" }, { ip: "10.244.0.8" }],
    ports: [{ name: "sql", protocol: "tcp", port: 5432, targets: [{ ip: "10.244.0.7", port: 15432 }] }],
  }),
  service("default/empty"),
  service("default/outside", { type: "ExternalName", externalName: "example.com" }),
]);

function ask(name: string, type: RecordType = "A") {
  const query = decode(encode({ type: "query", id: 7, flags: 0x100, questions: [{ name, type }] }));
  const found = answer(query, zone);
  if (!found) return "outside";
  const { flags, answers, additionals } = decode(encode(found));
  return {
    code: (flags ?? 0) & 15,
    answers: (answers ?? []).map((each) => ("data" in each ? each.data : undefined)),
    additionals: (additionals ?? []).map((each) => ("data" in each ? each.data : undefined)),
  };
}

const none = { answers: [], additionals: [] };

test("a Service's name is its cluster address", () => {
  assert.deepEqual(ask("Reviews.default.svc.cluster.local"), { code: 0, answers: ["10.96.1.2"], additionals: [] });
});

test("a name that exists has an empty answer for IPv6", () => {
  assert.deepEqual(ask("reviews.default.svc.cluster.local", "AAAA"), { code: 0, ...none });
});

test("an unknown name of the cluster does not exist", () => {
  assert.deepEqual(ask("nobody.default.svc.cluster.local"), { code: 3, ...none });
  assert.deepEqual(ask("example.com.default.svc.cluster.local"), { code: 3, ...none });
  assert.deepEqual(ask("example.com.cluster.local"), { code: 3, ...none });
});

test("a headless Service's name is its pods' addresses, and without pods it does not exist", () => {
  assert.deepEqual(ask("db.default.svc.cluster.local"), {
    code: 0,
    answers: ["10.244.0.7", "10.244.0.8"],
    additionals: [],
  });
  assert.deepEqual(ask("empty.default.svc.cluster.local"), { code: 3, ...none });
});

test("a pod of a headless Service is found by its hostname, or by its address with dashes", () => {
  assert.deepEqual(ask("db-0.db.default.svc.cluster.local"), { code: 0, answers: ["10.244.0.7"], additionals: [] });
  assert.deepEqual(ask("10-244-0-8.db.default.svc.cluster.local"), {
    code: 0,
    answers: ["10.244.0.8"],
    additionals: [],
  });
  assert.deepEqual(ask("db-9.db.default.svc.cluster.local"), { code: 3, ...none });
});

test("an ExternalName is an alias", () => {
  assert.deepEqual(ask("outside.default.svc.cluster.local"), { code: 0, answers: ["example.com"], additionals: [] });
});

test("a named port has SRV records", () => {
  const found = ask("_http._tcp.reviews.default.svc.cluster.local", "SRV");
  assert.deepEqual(found, {
    code: 0,
    answers: [{ priority: 0, weight: 100, port: 9080, target: "reviews.default.svc.cluster.local" }],
    additionals: ["10.96.1.2"],
  });
});

test("a pod's name is made of its address", () => {
  assert.deepEqual(ask("10-244-0-7.default.pod.cluster.local"), {
    code: 0,
    answers: ["10.244.0.7"],
    additionals: [],
  });
});

test("a name outside the cluster is for others to answer", () => {
  assert.equal(ask("example.com"), "outside");
});
