import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { decideInjection } from "./decide.ts";
import { gatewayPodTemplate } from "./gateway-pod.ts";
import { interceptionOf } from "./interception.ts";
import { redirectRules } from "./redirect-rules.ts";
import { defaultInjectSettings } from "./settings.ts";
import { annotated, ENABLED, injected, pod } from "./testing.ts";

const enabled = ENABLED;

const inLabel = (value: string): Pod => pod({ labels: { "sidecar.istio.io/inject": value } });

const DECISIONS: [string, Pod, string, Record<string, string>, boolean][] = [
  ["in a labelled namespace", pod(), "default", enabled, true],
  ["in an unlabelled namespace", pod(), "default", {}, false],
  ["that asks for it in an unlabelled namespace", inLabel("true"), "default", {}, true],
  ["that declines in a labelled namespace", inLabel("false"), "default", enabled, false],
  ["that asks for it in a disabled namespace", inLabel("true"), "default", { "istio-injection": "disabled" }, false],
  ["on the host's network", pod({}, { hostNetwork: true }), "default", enabled, false],
  ["of kube-system", pod(), "kube-system", enabled, false],
  ["in a namespace of this revision", pod(), "default", { "istio.io/rev": "default" }, true],
  ["in a namespace of another revision", pod(), "default", { "istio.io/rev": "canary" }, false],
  ["that names this revision itself", pod({ labels: { "istio.io/rev": "default" } }), "default", {}, true],
  ["that names another revision itself", pod({ labels: { "istio.io/rev": "canary" } }), "default", {}, false],
  ["that declines by annotation", pod({ annotations: { "sidecar.istio.io/inject": "no" } }), "default", enabled, false],
  ["that has a proxy already", pod({ annotations: { "sidecar.istio.io/status": "{}" } }), "default", enabled, false],
];

for (const [what, candidate, namespace, labels, expected] of DECISIONS) {
  test(`a pod ${what} is ${expected ? "" : "not "}injected`, () => {
    const { inject: decided, reason } = decideInjection(
      { pod: candidate, namespace, namespaceLabels: labels },
      defaultInjectSettings,
    );
    assert.equal(decided, expected, reason);
    assert.notEqual(reason, "");
  });
}

test("a sidecar starts before the pod's own init containers, and the app comes last", () => {
  const made = injected(pod({}, { initContainers: [{ name: "migrate" }] }));
  assert.deepEqual(
    made.spec.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy]),
    [
      ["istio-proxy", "Always"],
      ["migrate", undefined],
    ],
  );
  assert.deepEqual(
    made.spec.containers.map(({ name }) => name),
    ["reviews"],
  );
  assert.deepEqual(
    made.spec.volumes?.map(({ name }) => name),
    ["istio-token", "istiod-ca-cert"],
  );
});

test("an injected pod carries Istio's labels and annotations", () => {
  const { labels, annotations } = injected(pod()).metadata;
  assert.equal(labels?.["security.istio.io/tlsMode"], "istio");
  assert.equal(labels?.["service.istio.io/canonical-name"], "reviews");
  assert.equal(labels?.["service.istio.io/canonical-revision"], "v1");
  assert.equal(annotations?.["kubectl.kubernetes.io/default-container"], "reviews");
  assert.deepEqual(JSON.parse(annotations?.["sidecar.istio.io/status"] ?? ""), {
    initContainers: ["istio-proxy"],
    containers: [],
    volumes: ["istio-token", "istiod-ca-cert"],
    imagePullSecrets: null,
    revision: "default",
  });
});

test("an injected pod is a valid pod, and injecting it again changes nothing", () => {
  const made = injected(pod());
  assert.deepEqual(podKind.validate?.(made), []);
  assert.equal(injected(made), made);
});

test("interceptionMode NONE leaves the kernel alone and keeps the proxy", () => {
  const made = injected(pod({ annotations: { "sidecar.istio.io/interceptionMode": "NONE" } }));
  assert.deepEqual(
    made.spec.initContainers?.map(({ name }) => name),
    ["istio-proxy"],
  );
});

test("what a user writes for istio-proxy wins, entry by entry", () => {
  const own = {
    name: "istio-proxy",
    image: "auto",
    env: [{ name: "EXTRA", value: "1" }],
    resources: { requests: { cpu: "1" } },
  };
  const proxy = injected(pod({}, { containers: [{ name: "app" }, own] })).spec.initContainers?.[0];
  assert.equal(proxy?.image, defaultInjectSettings.proxyImage);
  assert.deepEqual(proxy?.resources, { requests: { cpu: "1" } });
  assert.ok(proxy?.env?.some(({ name }) => name === "POD_NAME") && proxy.env.some(({ name }) => name === "EXTRA"));
});

test("the gateway template fills in a container of the user's and may bind low ports", () => {
  const made = injected(
    pod(
      { annotations: { "inject.istio.io/templates": "gateway" } },
      { containers: [{ name: "istio-proxy", image: "auto" }] },
    ),
  );
  assert.equal(made.spec.initContainers, undefined);
  assert.equal(made.spec.containers[0]?.image, defaultInjectSettings.proxyImage);
  assert.match(made.spec.containers[0]?.args?.join(" ") ?? "", /router~/);
  assert.deepEqual(made.spec.securityContext?.sysctls, [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }]);
});

const refused = (name: string, value: string) => () => annotated({ [name]: value });

test("an annotation that cannot be understood refuses the pod, and says what to write", () => {
  assert.throws(refused("traffic.sidecar.istio.io/excludeOutboundPorts", "http"), /LTN4001.*"http" is not a port/);
  assert.throws(refused("traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0/33"), /not an IP range/);
  assert.throws(
    refused("traffic.sidecar.istio.io/excludeOutboundIPRanges", "1.1.1.1; flush ruleset"),
    /not an IP range/,
  );
  assert.throws(refused("inject.istio.io/templates", "mine"), /there is no template "mine"/);
  assert.throws(refused("proxy.istio.io/config", "concurrency: many"), /not a count/);
});

const outbound = (annotations: Record<string, string>): string[] => rulesOf(annotations, "outbound");
const inbound = (annotations: Record<string, string>): string[] => rulesOf(annotations, "inbound");

function rulesOf(annotations: Record<string, string>, chain: string): string[] {
  const interception = interceptionOf(annotations, defaultInjectSettings.interception, 15020);
  const body = redirectRules(interception, 15012).split(`chain ${chain} {\n`)[1]?.split("\n  }")[0] ?? "";
  return body.split("\n").map((line) => line.trim());
}

const prefix = "traffic.sidecar.istio.io/";

test("all TCP but DNS goes out through the proxy, except the proxy's own and what the app says to itself", () => {
  assert.deepEqual(outbound({}), [
    "type nat hook output priority -100; policy accept;",
    "meta l4proto != tcp accept",
    "tcp dport { 53, 15012 } accept",
    'oifname "lo" ip saddr 127.0.0.6 accept',
    'oifname "lo" ip6 saddr ::6 accept',
    "meta skuid 1337 goto from_proxy",
    "meta mark 1337 goto from_proxy",
    'oifname "lo" accept',
    "ip daddr 127.0.0.1 accept",
    "ip6 daddr ::1 accept",
    "meta l4proto tcp redirect to :15001",
  ]);
});

test("outgoing ports and ranges are excluded before ranges are included", () => {
  const rules = outbound({
    [`${prefix}includeOutboundIPRanges`]: "10.0.0.0/8,fd00::/8",
    [`${prefix}excludeOutboundIPRanges`]: "10.1.0.0/16",
    [`${prefix}excludeOutboundPorts`]: "3306, 27017",
    [`${prefix}includeOutboundPorts`]: "443",
  });
  assert.deepEqual(rules.slice(3, 4), ["tcp dport { 3306, 27017 } accept"]);
  assert.deepEqual(rules.slice(-4), [
    "ip daddr 10.1.0.0/16 accept",
    "tcp dport { 443 } redirect to :15001",
    "ip daddr 10.0.0.0/8 meta l4proto tcp redirect to :15001",
    "ip6 daddr fd00::/8 meta l4proto tcp redirect to :15001",
  ]);
});

test("all incoming TCP goes through the proxy, except to its own ports and SSH", () => {
  assert.deepEqual(inbound({}).slice(1), [
    "tcp dport { 22, 15000, 15008, 15020, 15021, 15090 } accept",
    "meta l4proto tcp redirect to :15006",
  ]);
  assert.deepEqual(inbound({ [`${prefix}includeInboundPorts`]: "" }).length, 1);
  assert.equal(inbound({ [`${prefix}includeInboundPorts`]: "9080" }).at(-1), "tcp dport { 9080 } redirect to :15006");
  assert.match(inbound({ [`${prefix}excludeInboundPorts`]: "81" })[1] ?? "", /22, 81, 15000/);
});

test("the pod of a gateway that is deployed automatically is a router with low ports, and is not injected again", () => {
  const request = {
    workload: "bookinfo-gateway-istio",
    namespace: "default",
    serviceAccount: "bookinfo-gateway-istio",
    labels: { "gateway.networking.k8s.io/gateway-name": "bookinfo-gateway", "sidecar.istio.io/inject": "false" },
    annotations: { "prometheus.io/scrape": "false" },
  };
  const { metadata, spec } = gatewayPodTemplate(request, defaultInjectSettings);
  const [proxy] = spec?.containers ?? [];
  assert.match(proxy?.args?.[1] ?? "", /router~\$\(INSTANCE_IP\)/);
  assert.match(proxy?.args?.[1] ?? "", /"WORKLOAD_NAME":"bookinfo-gateway-istio"/);
  assert.deepEqual(
    proxy?.ports?.map(({ containerPort }) => containerPort),
    [15090, 15021],
  );
  assert.equal(spec?.serviceAccountName, "bookinfo-gateway-istio");
  assert.equal(metadata?.annotations?.["prometheus.io/scrape"], "false");
  const annotations = metadata?.annotations ?? {};
  const made: Pod = { ...pod({ annotations }), spec: spec ?? pod().spec };
  assert.equal(injected(made), made);
});
