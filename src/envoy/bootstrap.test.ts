import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrap, envoyArgs, KUBERNETES_POD, SIDECAR_MARK } from "./bootstrap.ts";

const params = {
  type: "sidecar",
  pod: KUBERNETES_POD,
  clusterDomain: "cluster.local",
  xds: { address: "istiod.istio-system.svc:15012", rootCertificate: "/root.pem", token: "/token" },
} as const;

test("the node id is left to Kubernetes to fill in", () => {
  const text = JSON.stringify(bootstrap(params));
  const id = "sidecar~$(INSTANCE_IP)~$(POD_NAME).$(POD_NAMESPACE)~$(POD_NAMESPACE).svc.cluster.local";
  assert.ok(text.includes(`"id":${JSON.stringify(id)}`));
  const references = [...text.matchAll(/\$\((\w*)\)?/g)].map(([, name]) => name);
  assert.deepEqual(new Set(references), new Set(["INSTANCE_IP", "POD_NAME", "POD_NAMESPACE"]));
});

test("connections are marked only where it is asked for", () => {
  assert.equal(bootstrap(params).cluster_manager, undefined);
  assert.match(JSON.stringify(bootstrap({ ...params, socketMark: SIDECAR_MARK }).cluster_manager), /"int_value":1337/);
});

test("the command line holds the whole bootstrap", () => {
  const config = bootstrap(params);
  const args = envoyArgs(config, { concurrency: 4, logLevel: "info" });
  assert.deepEqual(JSON.parse(args[args.indexOf("--config-yaml") + 1] ?? ""), config);
  assert.equal(args[args.indexOf("--concurrency") + 1], "4");
  assert.equal(args[args.indexOf("--log-level") + 1], "info");
});
