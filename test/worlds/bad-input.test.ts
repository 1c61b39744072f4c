/** Bad input is refused or shown, in words that help, and never breaks what works. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { type Load, startLoad } from "../support/load.ts";
import { openWorld } from "../support/open-world.ts";

const virtualService = (name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: { name }, spec });

interface Condition {
  type: string;
  status: string;
  message: string;
}

describe("bad input", { timeout: 180_000 }, () => {
  const world = openWorld();
  let load: Load;

  before(async () => {
    await world.start("demo");
    const url = await world.bookinfo();
    load = startLoad(`${url}/productpage`);
  });
  after(async () => {
    await load?.stop();
    await world.end();
  });

  const refused = async (yaml: string): Promise<string> => {
    const { status, stderr } = await world.tryKubectl(["apply", "-f", "-"], yaml);
    assert.notEqual(status, 0);
    return stderr;
  };

  const condition = async (name: string, type: string): Promise<Condition | undefined> => {
    const { status } = JSON.parse(await world.kubectl("get", "virtualservice", name, "-o", "json"));
    return status?.conditions?.find((each: Condition) => each.type === type);
  };

  test("an invalid object is refused with the field's path, the reason and the remedy", async () => {
    const route = (weight: number) => [{ destination: { host: "reviews" }, weight }];
    const light = await refused(virtualService("bad", { hosts: ["reviews"], http: [{ route: route(-5) }] }));
    assert.match(light, /VirtualService "bad" is invalid/);
    assert.match(light, /spec\.http\[0\]\.route\[0\]\.weight: .*-5 is negative.*; give 0 or more/);
    const http = [{ route: route(5), timeout: "5 seconds" }];
    const slow = await refused(virtualService("bad", { hosts: ["reviews"], http }));
    assert.match(slow, /VirtualService "bad" is invalid/);
    assert.match(slow, /spec\.http\[0\]\.timeout: .*duration.*; write it as 1\.5s/);
    assert.equal((await world.tryKubectl(["get", "virtualservice", "bad"])).status, 1);
  });

  test("an unknown field is refused by its path", async () => {
    const said = await refused(virtualService("bad", { hosts: ["reviews"], http: [{ bogus: 1 }] }));
    assert.match(said, /unknown field "spec\.http\[0\]\.bogus"/);
  });

  test("an update that is invalid leaves the last good object in force", async () => {
    const good = { hosts: ["reviews"], http: [{ route: [{ destination: { host: "reviews" } }] }] };
    await world.apply(virtualService("kept", good));
    await refused(virtualService("kept", { hosts: ["reviews"], http: [{ route: [{ destination: { host: "" } }] }] }));
    const kept = JSON.parse(await world.kubectl("get", "virtualservice", "kept", "-o", "json"));
    assert.deepEqual(kept.spec, good);
    await world.kubectl("delete", "virtualservice", "kept");
  });

  test("an object that refers to what is not there gets a condition that names field and remedy", async () => {
    const http = [{ route: [{ destination: { host: "nowhere", subset: "v9" } }] }];
    await world.apply(virtualService("lost", { hosts: ["elsewhere"], gateways: ["mesh", "absent"], http }));
    const { status, message } = await eventually(async () => {
      const found = await condition("lost", "ResolvedRefs");
      assert.ok(found);
      return found;
    });
    assert.equal(status, "False");
    assert.match(message, /spec\.gateways\[1\]: there is no Gateway default\/absent; create it/);
    assert.match(message, /spec\.http\[0\]\.route\[0\]\.destination\.host: no service has the host nowhere\./);
    await world.kubectl("delete", "virtualservice", "lost");
  });

  test("what Envoy rejects is shown in its words, in proxy-status and on the object, until it is mended", async () => {
    const spec = (regex: string) => ({
      hosts: ["reviews"],
      http: [
        { match: [{ uri: { regex } }], route: [{ destination: { host: "reviews" } }] },
        { route: [{ destination: { host: "reviews" } }] },
      ],
    });
    await world.apply(virtualService("reviews", spec("((a{100}){100}){100}")));
    const { message } = await eventually(async () => {
      const found = await condition("reviews", "Programmed");
      assert.ok(found);
      return found;
    });
    assert.match(
      message,
      /rejected by productpage-v1-.*last good configuration stays in force.*invalid repetition size/,
    );
    assert.match(
      await world.lateen("proxy-status"),
      /productpage-v1-\S+: 9080\/reviews:9080 from VirtualService default\/reviews: invalid repetition size/,
    );
    assert.notDeepEqual(await new Account(world).outOfSync(), []);

    await world.apply(virtualService("reviews", spec("/reviews/.*")));
    await eventually(async () => {
      assert.equal(await condition("reviews", "Programmed"), undefined);
      assert.doesNotMatch(await world.lateen("proxy-status"), /Rejected/);
    });
  });

  test("not one request failed because of any of it", async (context) => {
    const { requests, failures } = await load.stop();
    context.diagnostic(`${requests} requests, ${failures.length} failed`);
    assert.deepEqual(failures.slice(0, 10), []);
    assert.ok(requests > 100);
  });
});
