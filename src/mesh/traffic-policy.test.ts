import assert from "node:assert/strict";
import { it } from "node:test";
import type { TrafficPolicySpec } from "../kinds/istio/traffic-policy-schema.ts";
import { trafficPolicy } from "./traffic-policy.ts";

const ORIGIN = { kind: "networking.istio.io/DestinationRule", namespace: "default", name: "x" };
const policy = (spec: TrafficPolicySpec) => {
  const { origin: _origin, ...rest } = trafficPolicy(spec, ORIGIN);
  return rest;
};

it("load balancers", () => {
  const cases: [TrafficPolicySpec["loadBalancer"], object][] = [
    [{ simple: "LEAST_CONN" }, { type: "LeastRequest" }],
    [
      { simple: "ROUND_ROBIN", warmup: { duration: "30s", aggression: 2 } },
      { type: "RoundRobin", warmup: { durationSeconds: 30, aggression: 2 } },
    ],
    [{ simple: "PASSTHROUGH" }, { type: "Passthrough" }],
    [
      { consistentHash: { httpHeaderName: "x", minimumRingSize: 8 } },
      { type: "RingHash", on: { type: "Header", name: "x" }, minimumRingSize: 8 },
    ],
    [
      { consistentHash: { httpCookie: { name: "c", ttl: "60s", path: "/" } } },
      { type: "RingHash", on: { type: "Cookie", name: "c", path: "/", ttlSeconds: 60 } },
    ],
    [
      { consistentHash: { useSourceIp: true, maglev: { tableSize: 251 } } },
      { type: "Maglev", on: { type: "SourceIp" }, tableSize: 251 },
    ],
    [
      { consistentHash: { httpQueryParameterName: "q" } },
      { type: "RingHash", on: { type: "QueryParameter", name: "q" } },
    ],
  ];
  for (const [loadBalancer, expected] of cases) {
    assert.deepEqual(policy(loadBalancer ? { loadBalancer } : {}).loadBalancer, expected);
  }
  assert.deepEqual(policy({ loadBalancer: { localityLbSetting: { failoverPriority: ["zone"] } } }), {
    locality: { enabled: true, distribute: [], failover: [], failoverPriority: ["zone"] },
  });
});

it("connection pools, outlier detection and TLS, with only what is said", () => {
  const found = policy({
    connectionPool: {
      tcp: { maxConnections: 100, connectTimeout: "30ms", tcpKeepalive: { time: "7200s" }, idleTimeout: "0s" },
      http: { http1MaxPendingRequests: 1, h2UpgradePolicy: "UPGRADE" },
    },
    outlierDetection: { consecutive5xxErrors: 7, interval: "5m", maxEjectionPercent: 50 },
    tls: { mode: "SIMPLE", sni: "a.com" },
    proxyProtocol: { version: "V2" },
    retryBudget: {},
  });
  assert.deepEqual(found, {
    connectionPool: {
      maxConnections: 100,
      connectTimeoutMs: 30,
      tcpKeepalive: { timeSeconds: 7200 },
      tcpIdleTimeoutMs: 0,
      http1MaxPendingRequests: 1,
      h2Upgrade: true,
    },
    outlierDetection: { consecutive5xx: 7, intervalMs: 300_000, maxEjectionPercent: 50 },
    tls: { mode: "Simple", sni: "a.com", subjectAltNames: [] },
    proxyProtocol: "V2",
    retryBudget: { percent: 20, minConcurrency: 3 },
  });
});
