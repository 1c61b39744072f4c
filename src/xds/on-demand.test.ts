import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLUSTER as CDS,
  LOAD_ASSIGNMENT as EDS,
  ROUTE_CONFIGURATION as RDS,
  VIRTUAL_HOST as VHDS,
} from "../envoy/types.ts";
import { brief, FakeProxy, peer } from "./testing/fake-proxy.ts";
import { pushing } from "./testing/fake-source.ts";
import { ID, world } from "./testing/hub-world.ts";

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

test("a virtual host leaves in the response that brings another, and again when Envoy refused that", async () => {
  const { source, hub, put } = world();
  for (const name of ["r/h", "r/i"]) put(VHDS, name, "1");
  put(RDS, "r", "1");
  source.setView(ID, pushing({ [VHDS]: ["r/h"] }));
  const proxy = new FakeProxy(hub);
  await proxy.ack((await proxy.send({ typeUrl: VHDS }))[0]);
  await proxy.send({ typeUrl: RDS, resourceNamesSubscribe: ["r"] });
  await proxy.settle();
  source.setView(ID, pushing({ [VHDS]: ["r/i"] }));
  const [both] = await proxy.take();
  assert.equal(both && brief(both), "VirtualHost r/i=1 -r/h");
  const again = await proxy.nack(both, "r/i is no good");
  assert.deepEqual(again.map(brief), ["VirtualHost -r/h"]);
  await proxy.ack(again[0]);
  assert.deepEqual(
    hub.holdings(ID)?.filter(({ type }) => type === VHDS),
    [],
  );
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
  assert.deepEqual((await proxy.settle()).map(brief), ["Cluster c=1", "VirtualHost r/i=1 -r/h"]);
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

function never(): never {
  assert.fail("no response");
}
