import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../../kinds/core/container.ts";
import { bootstrapOf, containerOf, injected, pod, proxyOf } from "./testing.ts";

const app: Container = {
  name: "app",
  ports: [{ name: "web", containerPort: 8080 }],
  readinessProbe: {
    httpGet: { path: "/ready?x=$(HOME)", port: "web", httpHeaders: [{ name: "Host", value: "shop" }] },
    periodSeconds: 3,
    timeoutSeconds: 2,
  },
  livenessProbe: { tcpSocket: { port: 9000 } },
  startupProbe: { grpc: { port: 9001, service: "shop" } },
  lifecycle: { postStart: { httpGet: { path: "/begin", port: 8080, scheme: "HTTPS" } } },
};

const withApp = (annotations: Record<string, string> = {}, container: Container = app) =>
  injected(pod({ annotations }, { containers: [container] }));

test("probes go to the proxy's status port, each by a path of its own, as often as before", () => {
  const made = containerOf(withApp(), "app");
  assert.deepEqual(made?.readinessProbe, {
    httpGet: { path: "/app-health/app/readyz", port: 15020, httpHeaders: [{ name: "Host", value: "shop" }] },
    periodSeconds: 3,
    timeoutSeconds: 2,
  });
  assert.deepEqual(made?.livenessProbe, { httpGet: { path: "/app-health/app/livez", port: 15020 } });
  assert.deepEqual(made?.startupProbe, { httpGet: { path: "/app-health/app/startupz", port: 15020 } });
  assert.deepEqual(made?.lifecycle?.postStart, { httpGet: { path: "/app-lifecycle/app/poststartz", port: 15020 } });
});

test("the proxy is told where each goes, without the kubelet taking anything in it for a variable", () => {
  const config = bootstrapOf(withApp());
  assert.match(config, /"prefix_rewrite":"\/ready\?x=\$\$\(HOME\)"/);
  assert.match(config, /"service_name":"shop"/);
  assert.match(config, /"tcp_health_check"/);
  assert.match(config, /UpstreamTlsContext/);
});

test("commands, other hosts and unknown port names stay the kubelet's", () => {
  const probes: Partial<Container> = {
    readinessProbe: { exec: { command: ["true"] } },
    livenessProbe: { httpGet: { host: "10.0.0.1", port: 80 } },
    startupProbe: { httpGet: { port: "unknown" } },
  };
  const made = containerOf(withApp({}, { name: "app", ...probes }), "app");
  assert.deepEqual({ ...made, lifecycle: undefined }, { name: "app", ...probes, lifecycle: undefined });
});

test("a pod may keep its probes, or have no status port", () => {
  for (const annotations of [
    { "sidecar.istio.io/rewriteAppHTTPProbers": "false" },
    { "status.sidecar.istio.io/port": "0" },
  ]) {
    assert.deepEqual(containerOf(withApp(annotations), "app")?.readinessProbe, app.readinessProbe);
  }
});

test("another status port is the one that probes go to, and is not redirected", () => {
  const made = withApp({ "status.sidecar.istio.io/port": "15099" });
  assert.equal(containerOf(made, "app")?.readinessProbe?.httpGet?.port, 15099);
  assert.match(proxyOf(made).command?.join(" ") ?? "", /15090, 15099/);
});
