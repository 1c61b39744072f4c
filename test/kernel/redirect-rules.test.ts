/** The kernel does what the rules are meant to do: as root by the proxy's uid, in a user namespace by its mark. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { interceptionOf } from "../../src/kubernetes/inject/interception.ts";
import { redirectRules } from "../../src/kubernetes/inject/redirect-rules.ts";
import { defaultInjectSettings } from "../../src/kubernetes/inject/settings.ts";

const EXPECTED = {
  "app out": "15001 10.50.0.1:80",
  "app out, excluded range": "80 -",
  "app out, excluded port": "7777 -",
  "app out, DNS": "53 -",
  "app out, control plane": "15012 -",
  "app to itself": "9080 10.99.0.2:9080",
  "app to itself, loopback": "9080 127.0.0.1:9080",
  "proxy out": "80 -",
  "proxy to the app": "9080 127.0.0.1:9080",
  "proxy to its own pod": "15006 10.99.0.2:9080",
  "proxy passing through": "9080 10.99.0.2:9080",
  inbound: "15006 10.99.0.2:9080",
  "inbound excluded": "8888 10.99.0.2:8888",
  "inbound health": "15021 10.99.0.2:15021",
};

function results(how: "uid" | "mark"): unknown {
  const annotations = {
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": "10.60.0.0/16",
    "traffic.sidecar.istio.io/excludeOutboundPorts": "7777",
    "traffic.sidecar.istio.io/excludeInboundPorts": "8888",
  };
  const interception = interceptionOf(annotations, defaultInjectSettings.interception, 15020);
  const script = join(import.meta.dirname, "redirects.py");
  const namespaces = how === "uid" ? ["-n"] : ["-Urn"];
  const words = [...namespaces, "python3", script, redirectRules(interception, 15012), how];
  const { stdout, stderr, status } = spawnSync("unshare", words, { encoding: "utf8", timeout: 60_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test("as root, connections go where they should, and those of uid 1337 are spared", {
  skip: process.getuid?.() === 0 ? false : "needs root",
}, () => {
  assert.deepEqual(results("uid"), EXPECTED);
});

test("in a user namespace, connections with the mark 1337 are spared", () => {
  assert.deepEqual(results("mark"), EXPECTED);
});

test("the kernel takes the rules for interfaces that are excluded, and for those behind which others are", () => {
  const annotations = {
    "traffic.sidecar.istio.io/excludeInterfaces": "net1,net2",
    "istio.io/reroute-virtual-interfaces": "docker0",
    "traffic.sidecar.istio.io/includeOutboundIPRanges": "10.0.0.0/8,fd00::/8",
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": "10.1.0.0/16",
    "traffic.sidecar.istio.io/excludeOutboundPorts": "7777",
  };
  const rules = redirectRules(interceptionOf(annotations, defaultInjectSettings.interception, 15020), 15012);
  const script = 'nft "$1" && nft list chain inet istio inbound && nft list chain inet istio outbound';
  const { stdout, stderr, status } = spawnSync("unshare", ["-Urn", "sh", "-c", script, "sh", rules], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /iifname "net1" accept\n\s+iifname "net2" accept\n\s+iifname "docker0" tcp dport 7777 accept/);
  assert.match(stdout, /iifname "docker0" ip daddr 10.0.0.0\/8 .*redirect to :15001/);
  assert.match(stdout, /chain outbound \{\n.*\n\s+oifname "net1" accept/);
});
