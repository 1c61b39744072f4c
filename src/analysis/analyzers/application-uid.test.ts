import assert from "node:assert/strict";
import { test } from "node:test";
import { found, pod } from "../testing.ts";
import { applicationUidAnalyzer } from "./application-uid.ts";

test("an application that runs as the proxy's user is told; the proxy may", () => {
  const spec = `{containers: [{name: app, image: a, securityContext: {runAsUser: 1337}}, {name: istio-proxy, image: p, securityContext: {runAsUser: 1337}}]}`;
  assert.deepEqual(found(applicationUidAnalyzer, pod("p", "{}", spec)), [
    "IST0144 Pod default/p spec.containers[0].securityContext.runAsUser",
  ]);
  assert.deepEqual(
    found(applicationUidAnalyzer, pod("p", "{}", "{securityContext: {runAsUser: 1337}, containers: [{name: a}]}")),
    ["IST0144 Pod default/p spec.securityContext.runAsUser"],
  );
  assert.deepEqual(
    found(applicationUidAnalyzer, pod("p", "{}", "{securityContext: {runAsUser: 1000}, containers: [{name: a}]}")),
    [],
  );
});

test("gateways of the installation run as it", () => {
  const gate = pod(
    "g",
    "{istio: ingressgateway}",
    "{securityContext: {runAsUser: 1337}, containers: [{name: istio-proxy}]}",
  );
  assert.deepEqual(found(applicationUidAnalyzer, gate), []);
});
