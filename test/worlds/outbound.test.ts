/** What a pod may call besides the mesh's HTTP services: unknown hosts, hosts outside, raw TCP, other ports. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { openWorld } from "../support/open-world.ts";

const meshConfig = (mode: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio", namespace: "istio-system" },
    data: { mesh: `outboundTrafficPolicy:\n  mode: ${mode}\n` },
  });

describe("outbound traffic", { timeout: 180_000 }, () => {
  const world = openWorld();
  let outside = "";

  before(async () => {
    await world.start("up");
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled");
    await world.kubectl("create", "namespace", "outside");
    await world.kubectl("apply", "-f", "samples/curl/curl.yaml", "-f", "samples/httpbin/httpbin.yaml");
    await world.kubectl("apply", "-n", "outside", "-f", "samples/httpbin/httpbin.yaml");
    await world.kubectl("wait", "--for=condition=available", "--timeout=60s", "deploy/curl", "deploy/httpbin");
    await world.kubectl("wait", "-n", "outside", "--for=condition=available", "--timeout=60s", "deploy/httpbin");
    outside = await world.kubectl(
      "get",
      "pod",
      "-n",
      "outside",
      "-l",
      "app=httpbin",
      "-o",
      "jsonpath={.items[0].status.podIP}",
    );
    // nothing in the mesh knows that pod: it is only an address
    await world.kubectl("delete", "service", "httpbin", "-n", "outside");
  });
  after(() => world.end());

  /** Body and status that the curl pod gets. */
  const curl = async (...args: string[]): Promise<string> =>
    (
      await world.kubectl(
        "exec",
        "deploy/curl",
        "-c",
        "curl",
        "--",
        "curl",
        "-s",
        "-m",
        "20",
        "-w",
        "\n%{http_code}",
        ...args,
      )
    ).trim();

  test("a service is reached by each of its names and by its address", async () => {
    const address = await world.kubectl("get", "service", "httpbin", "-o", "jsonpath={.spec.clusterIP}");
    for (const host of ["httpbin", "httpbin.default", "httpbin.default.svc.cluster.local", address]) {
      assert.match(await curl(`http://${host}:8000/hostname`), /httpbin-.*\n200$/s, host);
    }
  });

  test("a host that the mesh does not know is passed through", async () => {
    assert.match(await curl(`http://${outside}:8080/hostname`), /httpbin-.*\n200$/s);
    assert.match(await curl(`http://${outside}:8080/status/418`), /418$/);
  });

  test("under REGISTRY_ONLY it is blocked, while the mesh's own services answer", async () => {
    await world.apply(meshConfig("REGISTRY_ONLY"));
    // port 8000 is one on which services speak HTTP: there is an answer; elsewhere the connection is closed
    await eventually(async () =>
      assert.match(await curl("-H", "host: nowhere.example.com", "http://httpbin:8000/get"), /502$/),
    );
    const { status } = await world.tryKubectl([
      ...["exec", "deploy/curl", "-c", "curl", "--", "curl", "-s", "-m", "10", `http://${outside}:8080/hostname`],
    ]);
    assert.notEqual(status, 0);
    assert.match(await curl("http://httpbin:8000/hostname"), /200$/);
  });

  test("a ServiceEntry opens the way to a host outside", async () => {
    await world.apply(
      JSON.stringify({
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "outside" },
        spec: {
          hosts: ["api.example.com"],
          ports: [{ number: 8000, name: "http", protocol: "HTTP", targetPort: 8080 }],
          location: "MESH_EXTERNAL",
          resolution: "STATIC",
          endpoints: [{ address: outside }],
        },
      }),
    );
    await eventually(async () =>
      assert.match(await curl("-H", "host: api.example.com", "http://httpbin:8000/hostname"), /httpbin-.*\n200$/s),
    );
    await world.apply(meshConfig("ALLOW_ANY"));
  });

  test("raw TCP reaches a service by its address, and a TCP route sends it elsewhere", async () => {
    const service = (name: string, app: string) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: { app }, ports: [{ name: "tcp", port: 7000, targetPort: 8080 }] },
    });
    await world.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: [service("raw", "httpbin"), service("empty", "nobody")],
      }),
    );
    await eventually(async () => assert.match(await curl("http://raw:7000/hostname"), /httpbin-.*\n200$/s));
    // a service without endpoints closes the connection: curl says 000
    const empty = await world.tryKubectl([
      "exec",
      "deploy/curl",
      "-c",
      "curl",
      "--",
      "curl",
      "-s",
      "-m",
      "10",
      "http://empty:7000/",
    ]);
    assert.notEqual(empty.status, 0);
    await world.apply(
      JSON.stringify({
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "empty" },
        spec: { hosts: ["empty"], tcp: [{ route: [{ destination: { host: "raw", port: { number: 7000 } } }] }] },
      }),
    );
    await eventually(async () => assert.match(await curl("http://empty:7000/hostname"), /httpbin-.*\n200$/s));
  });

  test("every proxy accepted all of it", async () => {
    await eventually(async () => assert.deepEqual(await new Account(world).outOfSync(), []));
  });
});
