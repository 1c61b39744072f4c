import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultInjectSettings } from "./settings.ts";
import { injectSettingsFrom } from "./settings-from-values.ts";

test("values that say nothing leave every default", () => {
  assert.deepEqual(injectSettingsFrom({}), defaultInjectSettings);
});

test("an installation's values and its mesh configuration become settings", () => {
  const settings = injectSettingsFrom(
    {
      revision: "canary",
      global: {
        hub: "registry.example.com/mesh",
        tag: 1.5,
        istioNamespace: "mesh",
        imagePullPolicy: "Always",
        imagePullSecrets: ["key"],
        network: "net1",
        meshID: "m1",
        multiCluster: { clusterName: "east" },
        proxy: {
          clusterDomain: "example.local",
          excludeIPRanges: "10.1.0.0/16",
          holdApplicationUntilProxyStarts: true,
          resources: { requests: { cpu: 1 } },
        },
      },
      pilot: { env: { ENABLE_NATIVE_SIDECARS: false } },
      sidecarInjectorWebhook: { rewriteAppHTTPProbe: false, templates: { mine: "{}" }, defaultTemplates: [] },
    },
    { trustDomain: "td", defaultConfig: { concurrency: 4, tracing: {} }, lateen: { leaveSeconds: 5 } },
  );
  assert.equal(settings.proxyImage, "registry.example.com/mesh/proxyv2:1.5");
  assert.equal(settings.imagePullPolicy, "Always");
  assert.deepEqual(settings.imagePullSecrets, ["key"]);
  assert.equal(settings.discoveryAddress, "istiod-canary.mesh.svc:15012");
  assert.deepEqual([settings.network, settings.meshId, settings.clusterId], ["net1", "m1", "east"]);
  assert.deepEqual([settings.trustDomain, settings.clusterDomain], ["td", "example.local"]);
  assert.equal(settings.interception.excludeOutboundIPRanges, "10.1.0.0/16");
  assert.equal(settings.interception.includeOutboundIPRanges, "*");
  assert.deepEqual(settings.resources, { requests: { cpu: "1" } });
  assert.deepEqual([settings.nativeSidecars, settings.rewriteProbes], [false, false]);
  const { concurrency, holdApplicationUntilProxyStarts, ignored } = settings.proxyConfig;
  assert.deepEqual([concurrency, holdApplicationUntilProxyStarts, ignored], [4, true, ["tracing"]]);
  assert.equal(settings.leaveSeconds, 5);
  assert.deepEqual(settings.defaultTemplates, ["sidecar"]);
});

test("values of the wrong type are refused, with where", () => {
  assert.throws(() => injectSettingsFrom({ global: { proxy: { logLevel: 5 } } }), /global\/proxy\/logLevel/);
});
