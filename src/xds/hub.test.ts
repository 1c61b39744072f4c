import assert from "node:assert/strict";
import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { Resource } from "../envoy/resource.ts";
import {
  CLUSTER as CDS,
  LOAD_ASSIGNMENT as EDS,
  LISTENER as LDS,
  ROUTE_CONFIGURATION as RDS,
  VIRTUAL_HOST as VHDS,
} from "../envoy/types.ts";
import { Hub, type HubOptions } from "./hub.ts";
import { brief, FakeProxy, peer } from "./testing/fake-proxy.ts";
import { FakeSource, pushing } from "./testing/fake-source.ts";

function resource(name: string, version: string): Resource {
  const body = toBinary(AnySchema, {
    $typeName: "google.protobuf.Any",
    typeUrl: "t",
    value: Buffer.from(`${name}${version}`),
  });
  return { name, version, body, origins: [{ kind: "Service", namespace: "default", name }] };
}

function world(options: HubOptions = {}) {
  const source = new FakeSource();
  const hub = new Hub(source, { lingerMs: 0, ...options });
  const put = (type: string, name: string, version?: string): void =>
    source.set(type, name, version === undefined ? undefined : resource(name, version));
  return { source, hub, put };
}

const ID = peer("a").id;

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
    "VirtualHost r/h2=2",
    "VirtualHost -r/h",
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

test("the virtual hosts that a sidecar brings along count as used, those of a gateway only when they are pushed", async () => {
  for (const type of ["sidecar", "router"] as const) {
    const { source, hub, put } = world();
    put(RDS, "r", "1");
    put(VHDS, "r/h", "1");
    source.setView(ID, pushing({}));
    const proxy = new FakeProxy(hub, { ...peer("a"), type });
    await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"], initialResourceVersions: { r: "1" } });
    const initialResourceVersions = { "r/h": "1", "r/lateen.none": "absent.1" };
    const answers = await proxy.send({ typeUrl: VHDS, initialResourceVersions });
    assert.deepEqual(answers.map(brief), type === "sidecar" ? [] : ["VirtualHost -r/h"]);
    assert.deepEqual(source.usedNames, type === "sidecar" ? ["r/h"] : []);
  }
});

test("virtual hosts wait for their route configuration, and come again when Envoy begins to follow it anew", async () => {
  const { source, hub, put } = world();
  put(RDS, "r", "1");
  put(VHDS, "r/h", "1");
  put(VHDS, "other/h", "1");
  source.setView(ID, pushing({ [VHDS]: ["r/h", "other/h"] }));
  const proxy = new FakeProxy(hub);
  assert.deepEqual((await proxy.send({ typeUrl: VHDS })).map(brief), ["VirtualHost"]);
  const answers = await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  assert.deepEqual(answers.map(brief), ["RouteConfiguration r=1", "VirtualHost r/h=1"]);
  await proxy.send({ typeUrl: RDS, resourceNamesUnsubscribe: ["r"] });
  const again = await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  assert.deepEqual(again.map(brief), ["RouteConfiguration r=1", "VirtualHost r/h=1"]);
  put(RDS, "r", "2");
  assert.deepEqual((await proxy.take()).map(brief), ["RouteConfiguration r=2"], "Envoy keeps them over a change");
});

test("a route configuration without virtual hosts gets a placeholder, or its listener would wait", async () => {
  const { source, hub, put } = world();
  put(RDS, "r", "1");
  source.setView(ID, pushing({}));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  assert.deepEqual((await proxy.send({ typeUrl: VHDS })).map(brief), ["VirtualHost r/lateen.none[r/lateen.none]∅"]);
});

test("an unknown host is answered without body; when it comes to exist it is pushed, and when it goes it is removed", async () => {
  const { source, hub, put } = world();
  put(RDS, "r", "1");
  source.setView(ID, pushing({}));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  await proxy.send({ typeUrl: VHDS });
  const ask = { typeUrl: VHDS, resourceNamesSubscribe: ["r/h:80"] };
  const [first] = await proxy.send(ask);
  const [second] = await proxy.send(ask);
  assert.equal(first && brief(first), "VirtualHost r/h:80[r/h:80]∅");
  assert.notEqual(first?.resources[0]?.version, second?.resources[0]?.version, "or Envoy takes it for a heartbeat");
  assert.deepEqual(source.usedNames, []);
  put(VHDS, "r/h:80", "1");
  assert.deepEqual((await proxy.take()).map(brief), ["VirtualHost r/h:80=1"]);
  assert.deepEqual(source.usedNames, ["r/h:80"]);
  put(VHDS, "r/h:80");
  assert.deepEqual((await proxy.take()).map(brief), ["VirtualHost -r/h:80"]);
  assert.deepEqual((await proxy.send(ask)).map(brief), ["VirtualHost r/h:80[r/h:80]∅"]);
});

test("an alias is answered by its virtual host, and is confirmed without a body when that is there after a reconnect", async () => {
  const { source, hub, put } = world();
  put(RDS, "r", "1");
  put(VHDS, "r/full", "1");
  for (const alias of ["r/short", "r/shorter"]) source.aliases.set(alias, "r/full");
  source.setView(ID, pushing({}));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  await proxy.send({ typeUrl: VHDS });
  const both = await proxy.send({ typeUrl: VHDS, resourceNamesSubscribe: ["r/short", "r/shorter"] });
  assert.deepEqual(both.map(brief), ["VirtualHost r/full[r/short,r/shorter]=1"]);

  const again = new FakeProxy(hub);
  await again.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"], initialResourceVersions: { r: "1" } });
  const resumed = await again.send({
    typeUrl: VHDS,
    resourceNamesSubscribe: ["*", "r/short"],
    initialResourceVersions: { "r/full": "1" },
  });
  assert.deepEqual(resumed.map(brief), ["VirtualHost r/short[r/short]∅"]);
  assert.equal(proxy.closed?.code, 10, "the older stream is closed");
});

test("what a name asked for brings into the view goes out with it, clusters first", async () => {
  const { source, hub, put } = world();
  put(RDS, "r", "1");
  put(VHDS, "r/h", "1");
  put(CDS, "c", "1");
  source.setView(ID, pushing({}));
  source.used = (id) => source.setView(id, pushing({ [VHDS]: ["r/h"], [CDS]: ["c"] }));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: CDS });
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  await proxy.send({ typeUrl: VHDS });
  const answers = await proxy.send({ typeUrl: VHDS, resourceNamesSubscribe: ["r/h"] });
  assert.deepEqual(answers.map(brief), ["Cluster c=1", "VirtualHost r/h=1"]);
});

test("rows that change the view while they come into use do not bring back an older one", async () => {
  const { source, hub, put } = world();
  put(CDS, "c", "1");
  put(VHDS, "r/h", "1");
  put(RDS, "r", "1");
  source.setView(ID, pushing({ [VHDS]: ["r/h"] }));
  const proxy = new FakeProxy(hub);
  for (const typeUrl of [VHDS, CDS]) await proxy.ack((await proxy.send({ typeUrl }))[0]);
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  const retain = source.retain.bind(source);
  let done = false;
  source.retain = (type, keys) => {
    retain(type, keys);
    if (type === VHDS && !done) {
      done = true;
      source.setView(ID, pushing({ [VHDS]: ["r/i"], [CDS]: ["c"] }));
    }
  };
  put(VHDS, "r/i", "1");
  source.setView(ID, pushing({ [VHDS]: ["r/i"] }));
  assert.deepEqual((await proxy.settle()).map(brief), ["Cluster c=1", "VirtualHost r/i=1", "VirtualHost -r/h"]);
});

test("an unknown cluster and unknown endpoints get stubs, which are not removed while the stream lives", async () => {
  const { source, hub, put } = world();
  source.setView(ID, pushing({}));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: CDS });
  const [stub] = await proxy.send({ typeUrl: CDS, resourceNamesSubscribe: ["c"] });
  const version = stub?.resources[0]?.version;
  assert.equal(stub && brief(stub), `Cluster c=${version}`);
  put(CDS, "c", "1");
  assert.deepEqual((await proxy.take()).map(brief), ["Cluster c=1"]);
  put(CDS, "c");
  assert.deepEqual((await proxy.settle()).map(brief), [`Cluster c=${version}`]);
  assert.match(brief((await proxy.send({ typeUrl: EDS, resourceNamesSubscribe: ["c"] }))[0] ?? never()), /c=/);
});

test("a rejected resource is not sent again until it changes; the last good one counts as held", async () => {
  const { source, hub, put } = world();
  put(LDS, "good", "1");
  put(LDS, "bad", "1");
  source.setView(ID, pushing({ [LDS]: ["good", "bad"] }));
  const proxy = new FakeProxy(hub);
  await proxy.ack((await proxy.send({ typeUrl: LDS }))[0]);
  const nacks: string[] = [];
  hub.onNack(({ names, message, origins }) => nacks.push(`${names} ${message} ${origins.map(({ name }) => name)}`));
  let rejections = 0;
  hub.onRejections(() => rejections++);
  source.batch(() => {
    put(LDS, "good", "2");
    put(LDS, "bad", "2");
  });
  const message = "Error adding/updating listener(s) bad: no filter chains";
  const rest = await proxy.nack((await proxy.take())[0], message);
  assert.deepEqual(rest.map(brief), ["Listener good=2"], "Envoy does not say which of a rejected response it applied");
  await proxy.ack(rest[0]);
  assert.deepEqual(nacks, [`bad ${message} bad`]);
  const [status] = hub.status();
  assert.equal(status?.synced, false);
  assert.deepEqual(
    status?.types[0]?.rejections.map(({ name, version }) => [name, version]),
    [["bad", "2"]],
  );
  assert.equal(hub.holdings(ID)?.find(({ name }) => name === "bad")?.acked, "1");
  put(LDS, "bad", "2");
  assert.deepEqual(await proxy.take(), []);
  put(LDS, "bad", "1");
  assert.deepEqual(await proxy.take(), [], "the proxy has it");
  assert.equal(hub.status()[0]?.synced, true);
  put(LDS, "bad", "3");
  assert.deepEqual((await proxy.settle()).map(brief), ["Listener bad=3"]);
  assert.equal(hub.status()[0]?.synced, true);
  assert.equal(rejections, 2);
});

test("when Envoy does not say what it rejects, the culprit is found by halves", async () => {
  const { source, hub, put } = world();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) put(LDS, name, "1");
  source.setView(ID, pushing({ [LDS]: names }));
  const proxy = new FakeProxy(hub);
  const accepted: string[] = [];
  let pending = await proxy.send({ typeUrl: LDS });
  for (let turn = 0; pending.length > 0 && turn < 20; turn++) {
    const next = [];
    for (const response of pending) {
      const has = response.resources.map(({ name }) => name);
      if (has.includes("d")) next.push(...(await proxy.nack(response, "something is wrong")));
      else {
        accepted.push(...has);
        next.push(...(await proxy.ack(response)));
      }
    }
    pending = next;
  }
  assert.deepEqual(accepted.sort(), ["a", "b", "c", "e"]);
  assert.deepEqual(
    hub.status()[0]?.types[0]?.rejections.map(({ name }) => name),
    ["d"],
  );
});

test("a virtual host that is rejected and waited for is answered all the same", async () => {
  const { source, hub, put } = world();
  put(RDS, "r", "1");
  put(VHDS, "r/h", "1");
  source.setView(ID, pushing({}));
  const proxy = new FakeProxy(hub);
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  await proxy.send({ typeUrl: VHDS });
  const [host] = await proxy.send({ typeUrl: VHDS, resourceNamesSubscribe: ["r/h"] });
  const [none] = await proxy.nack(host, "Only unique values for domains are permitted");
  assert.equal(none && brief(none), "VirtualHost r/h[r/h]∅");
  await proxy.ack(none);
  assert.equal(hub.status()[0]?.types.find(({ type }) => type === VHDS)?.rejections.length, 1);
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
