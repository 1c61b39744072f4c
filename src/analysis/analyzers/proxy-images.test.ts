import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, messages, namespace, pod, together } from "../testing.ts";
import { proxyImagesAnalyzer } from "./proxy-images.ts";

function injector(name: string, tag: string): string {
  const values = JSON.stringify({ global: { hub: "docker.io/lateen", tag } });
  const metadata = { name, namespace: "istio-system" };
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { values } });
}

const running = (name: string, tag: string, labels = "{}"): string =>
  pod(
    name,
    labels,
    `{containers: [{name: app, image: a}], initContainers: [{name: istio-proxy, image: "docker.io/lateen/proxyv2:${tag}"}]}`,
  );

const installed = together(injector("istio-sidecar-injector", "2"), injector("istio-sidecar-injector-canary", "3"));

test("pods whose proxies are older than the installation are told, for their namespace", () => {
  const world = clusterOf(
    together(installed, namespace("default", "{istio-injection: enabled}"), running("a", "1"), running("b", "2")),
  );
  const told = messages(proxyImagesAnalyzer, world);
  assert.deepEqual(
    told.map(({ code, object }) => [code, object.metadata.name]),
    [["IST0158", "default"]],
  );
  assert.match(told[0]?.text ?? "", /: a$/);
});

test("each revision has its own", () => {
  const canary = namespace("default", "{istio.io/rev: canary}");
  assert.deepEqual(found(proxyImagesAnalyzer, together(installed, canary, running("a", "3"))), []);
  assert.equal(found(proxyImagesAnalyzer, together(installed, canary, running("a", "2"))).length, 1);
});

test("where no injection is installed, nothing is older", () => {
  assert.deepEqual(found(proxyImagesAnalyzer, together(namespace("default"), running("a", "1"))), []);
});
