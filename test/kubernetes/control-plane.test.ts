/** The control plane as the API server and its users meet it: its webhooks, and what becomes of a cluster without them. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClusterWorld } from "../support/cluster-world.ts";
import { eventually } from "../support/eventually.ts";

const VALIDATION = "validatingwebhookconfiguration/istiod-default-validator";
const INJECTION = "mutatingwebhookconfiguration/istio-sidecar-injector";

/** A pod that does nothing; its image is there. */
function pod(name: string, namespace: string, metadata: object = {}): string {
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "app", image: "docker.io/curlimages/curl:8.16.0", command: ["sleep", "3600"] }],
  };
  return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace, ...metadata }, spec });
}

/** `more`: fields of its one rule. */
function virtualService(name: string, more = ""): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: plain}
spec:
  hosts: [reviews]
  http:
  - route: [{destination: {host: reviews}}]
${more}`;
}

describe("the control plane on a cluster", { timeout: 900_000 }, () => {
  const world = new ClusterWorld();
  const folder = mkdtempSync(join(tmpdir(), "lateen-control-plane-"));

  before(async () => {
    await world.bare();
    await world.lateen("install", "--set", "profile=minimal", "-y");
    for (const name of ["meshed", "plain"]) await world.kubectl("create", "namespace", name);
    await world.kubectl("label", "namespace", "meshed", "istio-injection=enabled");
  });
  after(async () => {
    await world.end();
    rmSync(folder, { recursive: true });
  });

  const containers = async (name: string, namespace: string): Promise<string> =>
    world.kubectl("get", "pod", name, "-n", namespace, "-o", "jsonpath={.spec.initContainers[*].name}");
  const scale = async (replicas: number): Promise<void> => {
    await world.kubectl("scale", "-n", "istio-system", "deployment/istiod", `--replicas=${replicas}`);
    if (replicas === 0) {
      await world.kubectl("wait", "--for=delete", "pod", "-n", "istio-system", "-l", "app=istiod", "--timeout=60s");
    } else await world.kubectl("rollout", "status", "-n", "istio-system", "deployment/istiod", "--timeout=120s");
  };
  const refused = async (yaml: string): Promise<string> => {
    const { status, stderr } = await world.tryKubectl(["apply", "-f", "-"], yaml);
    assert.equal(status, 1, "it was not refused");
    return stderr;
  };

  test("pods get a sidecar by their namespace's label or by their own, and are ready with it", async () => {
    await world.apply(pod("by-namespace", "meshed"));
    await world.apply(pod("declines", "meshed", { labels: { "sidecar.istio.io/inject": "false" } }));
    await world.apply(pod("by-label", "plain", { labels: { "sidecar.istio.io/inject": "true" } }));
    await world.apply(pod("without", "plain"));
    assert.match(await containers("by-namespace", "meshed"), /istio-proxy/);
    assert.match(await containers("by-label", "plain"), /istio-proxy/);
    assert.equal(await containers("declines", "meshed"), "");
    assert.equal(await containers("without", "plain"), "");
    await world.kubectl("wait", "--for=condition=ready", "--timeout=120s", "-n", "meshed", "pod/by-namespace");
    const status = await world.lateen("proxy-status", "by-namespace.meshed");
    assert.match(status, /SYNCED.*istiod-\S+ +default/);
  });

  test("a pod whose annotation cannot be followed is refused, with the reason and the remedy", async () => {
    const annotations = { "sidecar.istio.io/logLevel": "loud" };
    const said = await refused(pod("loud", "meshed", { annotations }));
    assert.match(said, /refuses pod meshed\/loud: LTN4001: metadata\.annotations\[sidecar\.istio\.io\/logLevel\]/);
    assert.match(said, /write one of trace, debug/);
  });

  test("validation refuses by field, reason and remedy, as kubectl shows it; warnings are warnings", async () => {
    await eventually(async () => {
      const policy = await world.kubectl("get", VALIDATION, "-o", "jsonpath={.webhooks[*].failurePolicy}");
      assert.equal(policy, "Fail");
    }, 60_000);
    const said = await refused(virtualService("bad", "    redirect: {uri: /elsewhere}"));
    assert.match(said, /VirtualService "bad" is invalid: spec\.http\[0\]\.redirect: Invalid value: .*\(LTN\d{4}\); /);
    const twice = virtualService("twice", "  - route: [{destination: {host: reviews}}]");
    assert.match(await world.apply(twice), /Warning: spec\.http\[1\]: .*IST0130/);
  });

  test("the certificate in the webhooks' configurations is put right when somebody overwrites it", async () => {
    const bundle = (): Promise<string> =>
      world.kubectl("get", INJECTION, "-o", "jsonpath={.webhooks[0].clientConfig.caBundle}");
    const right = await bundle();
    const webhooks = [{ name: "rev.namespace.sidecar-injector.istio.io", clientConfig: { caBundle: "AAAA" } }];
    await world.kubectl("patch", INJECTION, "--type=strategic", "-p", JSON.stringify({ webhooks }));
    await eventually(async () => assert.equal(await bundle(), right));
    const open = [{ name: "validation.istio.io", failurePolicy: "Ignore" }];
    await world.kubectl("patch", VALIDATION, "--type=strategic", "-p", JSON.stringify({ webhooks: open }));
    await eventually(async () => {
      assert.match(await world.kubectl("get", VALIDATION, "-o", "yaml"), /failurePolicy: Fail/);
    });
  });

  test("definitions of the Gateway API that come later are noticed", async () => {
    const { status } = await world.tryKubectl(["get", "crd", "gateways.gateway.networking.k8s.io"]);
    if (status !== 0) await world.gatewayApiCrds();
    await eventually(async () => {
      const path = "jsonpath={.status.conditions[?(@.type=='Accepted')].status}";
      assert.equal(await world.kubectl("get", "gatewayclass", "istio", "-o", path), "True");
    }, 60_000);
  });

  test("who may not forward ports is told which right is missing", async () => {
    const { status, stderr } = await world.tryLateen("proxy-status", "--kubeconfig", await world.viewer(folder));
    assert.equal(status, 1);
    assert.match(stderr, /^Error LTN503\d: .*forbidden/);
    assert.match(stderr, /pods\/portforward/);
  });

  test("without a control plane only the mesh's own pods and objects wait: the cluster goes on", async () => {
    await scale(0);
    await world.apply(pod("while-away", "plain"));
    await world.apply(pod("while-away", "kube-system"));
    for (const namespace of ["plain", "kube-system"]) {
      await world.kubectl("wait", "--for=condition=ready", "--timeout=60s", "-n", namespace, "pod/while-away");
    }
    assert.match(await refused(pod("while-away", "meshed")), /failed calling webhook/);
    assert.match(await refused(virtualService("while-away")), /failed calling webhook/);
    await world.kubectl("annotate", "namespace", "meshed", "still=works");
    const { stderr } = await world.tryLateen("proxy-status");
    assert.match(stderr, /^Error LTN5031: no control plane runs in namespace istio-system/);
    await scale(1);
    await eventually(() => world.apply(pod("while-away", "meshed")), 60_000);
    assert.match(await containers("while-away", "meshed"), /istio-proxy/);
  });

  test("definitions that are removed stop nothing, and are followed when they come back", async () => {
    const definition = "crd/gateways.gateway.networking.k8s.io";
    const kept = JSON.parse(await world.kubectl("get", definition, "-o", "json"));
    await world.kubectl("delete", definition);
    await world.apply(pod("meanwhile", "meshed"));
    const metadata = { name: kept.metadata.name, annotations: kept.metadata.annotations };
    await world.apply(JSON.stringify({ ...kept, metadata, status: undefined }));
    await eventually(() =>
      world.apply(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: again, namespace: plain}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP}]
`),
    );
    await eventually(async () => {
      const path = "jsonpath={.status.conditions[?(@.type=='Accepted')].status}";
      assert.equal(await world.kubectl("get", "gateway", "again", "-n", "plain", "-o", path), "True");
    });
    const restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    const pods = await world.kubectl("get", "pods", "-n", "istio-system", "-l", "app=istiod", "-o", restarts);
    assert.match(pods, /^0( 0)*$/);
  });
});
