import assert from "node:assert/strict";
import { test } from "node:test";
import { LISTENER as LDS, ROUTE_CONFIGURATION as RDS, VIRTUAL_HOST as VHDS } from "../envoy/types.ts";
import { brief, FakeProxy } from "./testing/fake-proxy.ts";
import { pushing } from "./testing/fake-source.ts";
import { ID, world } from "./testing/hub-world.ts";

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
