import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLUSTER as CDS,
  LOAD_ASSIGNMENT as EDS,
  LISTENER as LDS,
  ROUTE_CONFIGURATION as RDS,
  VIRTUAL_HOST as VHDS,
} from "../envoy/types.ts";
import { brief, FakeProxy, peer } from "./testing/fake-proxy.ts";
import { pushing } from "./testing/fake-source.ts";
import { ID, resource, world } from "./testing/hub-world.ts";

test("a proxy whose workload is not known waits for its first answer", async () => {
  const { source, hub, put } = world();
  put(CDS, "c", "1");
  const proxy = new FakeProxy(hub);
  assert.deepEqual(await proxy.send({ typeUrl: CDS }), []);
  assert.equal(hub.status()[0]?.known, false);
  source.setView(ID, pushing({ [CDS]: ["c"] }));
  assert.deepEqual((await proxy.settle()).map(brief), ["Cluster c=1"]);
  assert.equal(hub.status()[0]?.synced, true);
});

test("a first request is answered even when there is nothing", async () => {
  const { source, hub } = world();
  source.defaultView = pushing({});
  const proxy = new FakeProxy(hub);
  assert.deepEqual((await proxy.send({ typeUrl: LDS })).map(brief), ["Listener"]);
});

test("a change goes to those who use the row, and to nobody else", async () => {
  const { source, hub, put } = world();
  put(CDS, "c", "1");
  put(CDS, "d", "1");
  source.setView(peer("a").id, pushing({ [CDS]: ["c", "d"] }));
  source.setView(peer("b").id, pushing({ [CDS]: ["d"] }));
  const a = new FakeProxy(hub, peer("a"));
  const b = new FakeProxy(hub, peer("b"));
  for (const proxy of [a, b]) {
    proxy.ack((await proxy.send({ typeUrl: CDS }))[0]);
    await proxy.settle();
  }
  put(CDS, "c", "2");
  assert.deepEqual((await a.settle()).map(brief), ["Cluster c=2"]);
  assert.deepEqual(await b.take(), []);
  put(CDS, "c", "2");
  assert.deepEqual(await a.take(), [], "an equal version is not sent");
});

test("a batch goes out as clusters, endpoints, listeners, routes, virtual hosts; removals last and reversed", async () => {
  const { source, hub, put } = world({ warmingMs: 0 });
  const names = { [CDS]: ["c"], [LDS]: ["l"], [VHDS]: ["r/h"] };
  for (const [type, [name = ""]] of Object.entries(names)) put(type, name, "1");
  put(RDS, "r", "1");
  put(EDS, "c", "1");
  source.setView(ID, pushing(names));
  const proxy = new FakeProxy(hub);
  for (const type of [CDS, LDS, VHDS]) proxy.ack((await proxy.send({ typeUrl: type }))[0]);
  await proxy.send({ typeUrl: EDS, resourceNamesSubscribe: ["c"] });
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  await proxy.settle();
  source.batch(() => {
    for (const [type, name] of [
      [VHDS, "r/h2"],
      [RDS, "r"],
      [LDS, "l2"],
      [EDS, "c"],
      [CDS, "c2"],
    ] as const) {
      put(type, name, "2");
    }
    source.setView(ID, pushing({ [CDS]: ["c2"], [LDS]: ["l2"], [VHDS]: ["r/h2"] }));
  });
  assert.deepEqual((await proxy.take()).map(brief), [
    "Cluster c2=2",
    "ClusterLoadAssignment c=2",
    "Listener l2=2",
    "RouteConfiguration r=2",
    "VirtualHost r/h2=2 -r/h",
    "Listener -l",
    "Cluster -c",
  ]);
});

test("routes wait until Envoy says that new clusters are warm, but not for ever", async () => {
  const { source, hub, put } = world({ warmingMs: 150 });
  put(CDS, "c", "1");
  put(RDS, "r", "1");
  source.setView(ID, pushing({ [CDS]: ["c"] }));
  const proxy = new FakeProxy(hub);
  await proxy.ack((await proxy.send({ typeUrl: CDS }))[0]);
  await proxy.ack((await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] }))[0]);
  const change = (version: string): void =>
    source.batch(() => {
      put(CDS, "c", version);
      put(RDS, "r", version);
    });
  change("2");
  const [clusters, ...rest] = await proxy.take();
  assert.equal(clusters && brief(clusters), "Cluster c=2");
  assert.deepEqual(rest, []);
  assert.deepEqual((await proxy.ack(clusters)).map(brief), ["RouteConfiguration r=2"]);
  change("3");
  assert.deepEqual((await proxy.take()).map(brief), ["Cluster c=3"]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual((await proxy.take()).map(brief), ["RouteConfiguration r=3"]);
});

test("a cluster that left the view lingers", async () => {
  const { source, hub, put } = world({ lingerMs: 100 });
  put(CDS, "c", "1");
  source.setView(ID, pushing({ [CDS]: ["c"] }));
  const proxy = new FakeProxy(hub);
  await proxy.ack((await proxy.send({ typeUrl: CDS }))[0]);
  source.setView(ID, pushing({}));
  assert.deepEqual(await proxy.take(), []);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual((await proxy.take()).map(brief), ["Cluster -c"]);
});

test("the endpoints of a cluster that is sent again are sent again", async () => {
  const { source, hub, put } = world();
  put(CDS, "c", "1");
  put(EDS, "c", "1");
  source.setView(ID, pushing({ [CDS]: ["c"] }));
  const proxy = new FakeProxy(hub);
  await proxy.ack((await proxy.send({ typeUrl: CDS }))[0]);
  await proxy.ack((await proxy.send({ typeUrl: EDS, resourceNamesSubscribe: ["c"] }))[0]);
  put(CDS, "c", "2");
  assert.deepEqual((await proxy.settle()).map(brief), ["Cluster c=2", "ClusterLoadAssignment c=1"]);
});

test("a reconnecting proxy gets only what it does not have, and loses what it should not have", async () => {
  const { source, hub, put } = world();
  put(CDS, "c", "1");
  put(CDS, "d", "2");
  put(EDS, "c", "1");
  put(EDS, "d", "1");
  source.setView(ID, pushing({ [CDS]: ["c", "d"] }));
  const proxy = new FakeProxy(hub);
  const clusters = await proxy.send({ typeUrl: CDS, initialResourceVersions: { c: "1", d: "1", gone: "1" } });
  assert.deepEqual(clusters.map(brief), ["Cluster d=2", "Cluster -gone"]);
  const endpoints = await proxy.send({
    typeUrl: EDS,
    resourceNamesSubscribe: ["c", "d"],
    initialResourceVersions: { c: "1", d: "1" },
  });
  assert.deepEqual(endpoints.map(brief), ["ClusterLoadAssignment d=1"], "d warms, and waits for them");
});

test("what changes while a proxy does not read is sent once, in its last state", async () => {
  const { source, hub, put } = world();
  source.set(CDS, "c", resource("c", "x".repeat(300 * 1024)));
  source.setView(ID, pushing({ [CDS]: ["c"] }));
  const proxy = new FakeProxy(hub);
  proxy.stuck = true;
  await proxy.send({ typeUrl: CDS });
  for (const version of ["1", "2", "3"]) {
    put(CDS, "c", version);
    assert.deepEqual(await proxy.take(), []);
  }
  proxy.drain();
  assert.deepEqual((await proxy.take()).map(brief), ["Cluster c=3"]);
});

test("what breaks for one proxy does not touch another", async () => {
  const errors: string[] = [];
  const { source, hub, put } = world({ onError: (proxy, error) => errors.push(`${proxy} ${error}`) });
  put(CDS, "c", "1");
  source.defaultView = pushing({ [CDS]: ["c"] });
  const [a, b] = [new FakeProxy(hub, peer("a")), new FakeProxy(hub, peer("b"))];
  a.write = () => {
    throw new Error("broken");
  };
  assert.deepEqual(await a.send({ typeUrl: CDS }), []);
  assert.deepEqual((await b.send({ typeUrl: CDS })).map(brief), ["Cluster c=1"]);
  assert.equal(a.closed?.code, 13);
  assert.deepEqual(errors, [`${ID} Error: broken`]);
  assert.deepEqual(
    hub.status().map(({ proxy }) => proxy.pod),
    ["b"],
  );
});

test("another scope changes what the names asked for stand for", async () => {
  const { source, hub, put } = world();
  put(EDS, "one/c", "1");
  put(EDS, "two/c", "2");
  source.keyOf = ({ scope }, _type, name) => `${scope}/${name}`;
  source.setView(ID, { scope: "one", push: new Map() });
  const proxy = new FakeProxy(hub);
  assert.match(brief((await proxy.send({ typeUrl: EDS, resourceNamesSubscribe: ["c"] }))[0] ?? never()), /=1$/);
  source.setView(ID, { scope: "two", push: new Map() });
  assert.match(brief((await proxy.take())[0] ?? never()), /=2$/);
  assert.equal(source.retained(EDS, "one/c"), 0);
});

test("a proxy that leaves holds no rows", async () => {
  const { source, hub, put } = world();
  put(CDS, "c", "1");
  source.setView(ID, pushing({ [CDS]: ["c"] }));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: CDS });
  await proxy.send({ typeUrl: EDS, resourceNamesSubscribe: ["c"] });
  assert.equal(source.retained(CDS, "c"), 1);
  assert.equal(source.retained(EDS, "c"), 1);
  hub.leave(proxy.session);
  assert.equal(source.retainedRows(), 0);
  assert.equal(source.connected.size, 0);
  assert.deepEqual(hub.status(), []);
});

function never(): never {
  assert.fail("no response");
}
