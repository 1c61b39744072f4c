import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../kinds/core/pod.ts";
import { annotated, bootstrapOf, containerOf, injected, pod, proxyOf } from "./testing.ts";

const names = (made: Pod): string[][] => [
  (made.spec.initContainers ?? []).map(({ name }) => name),
  made.spec.containers.map(({ name }) => name),
];
const CLASSIC = { "sidecar.istio.io/nativeSidecar": "false" };

test("a proxy sets the rules itself, then gives up all rights for good; or never has any, beside an init container", () => {
  const own = proxyOf(annotated({}));
  const script = own.command?.[2] ?? "";
  assert.match(script, /^nft "\$1" && shift && exec setpriv --reuid=1337 .*--bounding-set=-all --no-new-privs envoy/);
  assert.match(own.command?.[4] ?? "", /redirect to :15006/);
  const made = annotated({ "lateen.io/initContainer": "true" });
  assert.deepEqual(names(made)[0], ["istio-init", "istio-proxy"]);
  assert.match(containerOf(made, "istio-init")?.command?.[1] ?? "", /redirect to :15006/);
  assert.deepEqual(proxyOf(made).securityContext?.capabilities, { drop: ["ALL"] });
  assert.equal(proxyOf(made).command, undefined);
});

test("rootless, where there is one user, the proxy keeps what it marks its connections with", () => {
  const [, , script] = proxyOf(annotated({}, { socketMark: 1337 })).command ?? [];
  assert.equal(script, 'nft "$1" && shift && exec envoy "$@"');
});

test("a classic sidecar comes last, or first where the application is to wait for it", () => {
  const made = annotated(CLASSIC);
  assert.deepEqual(names(made), [["istio-init"], ["reviews", "istio-proxy"]]);
  assert.equal(proxyOf(made).restartPolicy, undefined);
  assert.equal(proxyOf(made).lifecycle?.postStart, undefined);
  const held = annotated({ ...CLASSIC, "proxy.istio.io/config": "holdApplicationUntilProxyStarts: true" });
  assert.deepEqual(names(held), [["istio-init"], ["istio-proxy", "reviews"]]);
  assert.match(JSON.stringify(proxyOf(held).lifecycle?.postStart), /GET \/ready/);
});

test("the installation says which kind of sidecar a pod gets that does not say so itself", () => {
  const settings = { nativeSidecars: false };
  assert.deepEqual(names(annotated({}, settings))[1], ["reviews", "istio-proxy"]);
  assert.deepEqual(names(annotated({ "sidecar.istio.io/nativeSidecar": "true" }, settings))[1], ["reviews"]);
});

test("a classic sidecar leaves the pod's own init containers the network that they had", () => {
  const made = injected(pod({ annotations: CLASSIC }, { initContainers: [{ name: "migrate" }] }));
  assert.deepEqual(names(made)[0], ["migrate", "istio-init"]);
});

const LEAVE = { preStop: { httpGet: { path: "/app-lifecycle/leave", port: 15020 } } };

test("an application goes on for a while when its pod is told to end, unless it has a hook of its own", () => {
  const own = { preStop: { exec: { command: ["nginx", "-s", "quit"] } } };
  const made = injected(pod({}, { containers: [{ name: "app" }, { name: "web", lifecycle: own }] }));
  assert.deepEqual(containerOf(made, "app")?.lifecycle, LEAVE);
  assert.deepEqual(containerOf(made, "web")?.lifecycle, own);
  assert.match(bootstrapOf(made), /"fixed_delay":"2s"/);
});

test("of a short grace period most is the application's own, and what runs to completion is not kept", () => {
  const short = injected(pod({}, { terminationGracePeriodSeconds: 3 }));
  assert.deepEqual(containerOf(short, "reviews")?.lifecycle, LEAVE);
  assert.match(bootstrapOf(short), /"fixed_delay":"1s"/);
  for (const made of [
    injected(pod({}, { terminationGracePeriodSeconds: 1 })),
    injected(pod({}, { restartPolicy: "Never" })),
    annotated({ "lateen.io/leaveSeconds": "0" }),
    annotated({ "status.sidecar.istio.io/port": "0" }),
  ]) {
    assert.equal(containerOf(made, "reviews")?.lifecycle, undefined);
    assert.doesNotMatch(bootstrapOf(made), /fixed_delay/);
  }
});

test("a proxy stays for its clients as long as its pod asks", () => {
  const command = (made: Pod): string => JSON.stringify(proxyOf(made).lifecycle?.preStop);
  assert.match(command(annotated({})), /drain_listeners\?inboundonly&graceful.* sleep 5"/);
  const config = { "proxy.istio.io/config": "terminationDrainDuration: 20s" };
  assert.match(command(annotated(config)), / sleep 20"/);
});

test("ProxyConfig reaches Envoy: threads, drain time, environment, metadata, runtime", () => {
  const made = annotated({
    "proxy.istio.io/config": [
      "concurrency: 3",
      "drainDuration: 90s",
      "discoveryAddress: other.mesh.svc:15012",
      "proxyMetadata: {EXTRA: a, ISTIO_META_COLOR: '$(POD_NAME)'}",
      "runtimeValues: {some.key: '1'}",
    ].join("\n"),
  });
  const { args = [], env } = proxyOf(made);
  assert.equal(args[args.indexOf("--concurrency") + 1], "3");
  assert.equal(args[args.indexOf("--drain-time-s") + 1], "90");
  assert.ok(env?.some(({ name, value }) => name === "EXTRA" && value === "a"));
  const config = bootstrapOf(made);
  assert.match(config, /"COLOR":"\$\$\(POD_NAME\)"/, "text of the user's is not the kubelet's");
  assert.match(config, /"some.key":"1"/);
  assert.match(config, /"target_uri":"other.mesh.svc:15012"/);
});

test("an annotation chooses the image's type, the levels of logs, and how readiness is probed", () => {
  const made = annotated({
    "sidecar.istio.io/proxyImageType": "distroless",
    "sidecar.istio.io/logLevel": "debug",
    "sidecar.istio.io/componentLogLevel": "http:trace,router:info",
    "readiness.status.sidecar.istio.io/periodSeconds": "2",
  });
  const { image, args = [], readinessProbe } = proxyOf(made);
  assert.match(image ?? "", /-distroless$/);
  assert.equal(args[args.indexOf("--component-log-level") + 1], "http:trace,router:info");
  assert.equal(readinessProbe?.periodSeconds, 2);
});

test("volumes and mounts of a user's are added, as a map by name or as a list", () => {
  for (const [volumes, mounts] of [
    ['{"cache": {"emptyDir": {}}}', '{"cache": {"mountPath": "/cache"}}'],
    ['[{"name": "cache", "emptyDir": {}}]', '[{"name": "cache", "mountPath": "/cache"}]'],
  ] as const) {
    const made = annotated({ "sidecar.istio.io/userVolume": volumes, "sidecar.istio.io/userVolumeMount": mounts });
    assert.ok(made.spec.volumes?.some(({ name }) => name === "cache"));
    assert.ok(proxyOf(made).volumeMounts?.some(({ mountPath }) => mountPath === "/cache"));
  }
});

test("an injected pod gets the Secrets that the proxy's image is pulled with, each once", () => {
  const candidate = pod({}, { imagePullSecrets: [{ name: "own" }, { name: "ours" }] });
  const made = injected(candidate, { imagePullSecrets: ["ours", "more"] });
  assert.deepEqual(made.spec.imagePullSecrets, [{ name: "own" }, { name: "ours" }, { name: "more" }]);
});

test("what a user writes for istio-init wins too, and a proxy written as an init container is the proxy", () => {
  const resources = { limits: { cpu: "1" } };
  const written = [
    { name: "istio-init", resources },
    { name: "istio-proxy", image: "auto", env: [{ name: "EXTRA", value: "1" }] },
  ];
  const made = injected(pod({}, { initContainers: written }), { initContainer: true });
  assert.deepEqual(names(made), [["istio-init", "istio-proxy"], ["reviews"]]);
  assert.deepEqual(containerOf(made, "istio-init")?.resources, resources);
  assert.ok(proxyOf(made).env?.some(({ name }) => name === "EXTRA"));
});

const REFUSED: [Record<string, string>, RegExp][] = [
  [{ "sidecar.istio.io/interceptionMode": "TPROXY" }, /TPROXY is not supported: write REDIRECT/],
  [{ "sidecar.istio.io/bootstrapOverride": "mine" }, /not supported.*EnvoyFilter/],
  [{ "sidecar.istio.io/proxyCPU": "lots" }, /not a quantity/],
  [{ "sidecar.istio.io/userVolume": "{" }, /not JSON/],
  [{ "proxy.istio.io/config": "customConfigFile: /x" }, /customConfigFile: the bootstrap is not read from a file/],
  [{ "proxy.istio.io/config": "drainDuration: soon" }, /drainDuration: it is not a duration/],
  [{ "inject.istio.io/templates": "grpc-agent" }, /gRPC without a proxy is not supported/],
  [{ "traffic.sidecar.istio.io/excludeInterfaces": 'a" accept' }, /not the name of a network interface/],
];

for (const [annotations, expected] of REFUSED) {
  test(`a pod is refused for ${JSON.stringify(annotations)}`, () => {
    assert.throws(() => annotated(annotations), expected);
  });
}

test("a template of the installation's is laid over the pod, and over its proxy wherever that is", () => {
  const templates = {
    mine: "metadata: {labels: {hello: world}}\nspec: {containers: [{name: istio-proxy, env: [{name: A, value: b}]}]}",
    program: "metadata: {labels: {x: '{{ .Values.x }}'}}",
    broken: "spec: {containers: 5}",
  };
  const settings = { templates, defaultTemplates: ["sidecar", "mine"] };
  const made = annotated({}, settings);
  assert.equal(made.metadata.labels?.hello, "world");
  assert.deepEqual(names(made), [["istio-proxy"], ["reviews"]]);
  assert.ok(proxyOf(made).env?.some(({ name }) => name === "A"));
  for (const name of ["program", "broken", "absent"]) {
    const asked = { "inject.istio.io/templates": `sidecar,${name}` };
    assert.throws(() => annotated(asked, settings), new RegExp(`LTN4001.*"${name}"`));
  }
});
