import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CLUSTER as CDS,
  LOAD_ASSIGNMENT as EDS,
  LISTENER as LDS,
  ROUTE_CONFIGURATION as RDS,
  VIRTUAL_HOST as VHDS,
} from "../../src/envoy/types.ts";
import { pushing } from "../../src/xds/testing/fake-source.ts";
import { eventually } from "../support/eventually.ts";
import { Bench, freePort, get, PROXY } from "./bench.ts";
import {
  brokenListener,
  cluster,
  endpoints,
  listener,
  routeConfiguration,
  staticRoutes,
  virtualHost,
} from "./resources.ts";

let bench: Bench;
let port: number;
let eager: number;
let one: number;
let two: number;

/** What the proxy is pushed; the test adds to it. */
const push: Record<string, string[]> = { [LDS]: ["lazy", "eager"], [CDS]: ["first"], [VHDS]: [] };

function put(resource: { name: string }, type: string): void {
  bench.source.set(type, resource.name, resource as never);
}

before(async () => {
  bench = await Bench.start();
  [port, eager, one, two] = await Promise.all([freePort(), freePort(), bench.backend("one"), bench.backend("two")]);
  put(listener("lazy", port, "r", "Lazy"), LDS);
  put(listener("eager", eager, "static", "Eager"), LDS);
  put(routeConfiguration("r"), RDS);
  put(staticRoutes("static", "first"), RDS);
  put(cluster("first"), CDS);
  put(endpoints("first", [one]), EDS);
  bench.source.setView(PROXY, pushing(push));
  await bench.startEnvoy();
  await eventually(async () => assert.equal((await get(eager, "x")).body, "one"));
});

after(() => bench?.stop());

test("a listener whose route configuration has no virtual hosts is there at once", async () => {
  assert.equal((await get(port, "nobody")).status, 404);
});

test("an unknown host is a 404 at once, again and again", async () => {
  for (let turn = 0; turn < 3; turn++) {
    const { status, ms } = await get(port, "unknown:80");
    assert.equal(status, 404);
    assert.ok(ms < 500, `${ms} ms`);
  }
});

test("the first request for a known host brings its virtual host, its cluster and its endpoints", async () => {
  put(virtualHost("r/known:80", ["known:80"], "on-demand"), VHDS);
  put(cluster("on-demand"), CDS);
  put(endpoints("on-demand", [two]), EDS);
  await bench.quiet();
  const { status, body, ms } = await get(port, "known:80");
  assert.equal(status, 200);
  assert.equal(body, "two");
  assert.ok(ms < 500, `${ms} ms`);
  assert.deepEqual(
    bench.sent.map(({ names }) => names),
    [["r/known:80"], ["on-demand"], ["on-demand"]],
  );
  assert.deepEqual(bench.source.usedNames, ["r/known:80", "on-demand"]);
});

test("a cluster that is pushed along with its virtual host is sent once, and the request does not wait for more", async () => {
  for (let turn = 0; turn < 5; turn++) {
    const [host, name] = [`along-${turn}:80`, `along-${turn}`];
    put(virtualHost(`r/${host}`, [host], name), VHDS);
    put(cluster(name), CDS);
    put(endpoints(name, [two]), EDS);
    bench.source.used = (id) => {
      push[CDS] = ["first", name];
      bench.source.setView(id, pushing(push));
    };
    await bench.quiet();
    const { body, ms } = await get(port, host);
    assert.equal(body, "two");
    assert.ok(ms < 500, `${ms} ms`);
    await sleep(100);
    assert.deepEqual(
      bench.sent.flatMap(({ names }) => names),
      [name, `r/${host}`, name],
    );
  }
  bench.source.used = () => {};
});

test("a host that comes to exist after it was refused is served, and one that goes is a 404 again", async () => {
  assert.equal((await get(port, "late:80")).status, 404);
  put(virtualHost("r/late:80", ["late:80"], "first"), VHDS);
  await eventually(async () => assert.equal((await get(port, "late:80")).body, "one"));
  bench.source.set(VHDS, "r/late:80", undefined);
  await eventually(async () => assert.equal((await get(port, "late:80")).status, 404));
  put(virtualHost("r/late:80", ["late:80"], "first"), VHDS);
  await eventually(async () => assert.equal((await get(port, "late:80")).body, "one"));
});

test("a route to a cluster that does not exist is a 503 at once, and works when it comes to exist", async () => {
  put(virtualHost("r/missing:80", ["missing:80"], "missing"), VHDS);
  for (let turn = 0; turn < 2; turn++) {
    const { status, ms } = await get(port, "missing:80");
    assert.equal(status, 503);
    assert.ok(ms < 500, `${ms} ms`);
  }
  put(endpoints("missing", [one]), EDS);
  put(cluster("missing"), CDS);
  await eventually(async () => assert.equal((await get(port, "missing:80")).body, "one"));
  bench.source.set(CDS, "missing", undefined);
  await eventually(async () => assert.equal((await get(port, "missing:80")).status, 503));
  put(cluster("missing"), CDS);
  await eventually(async () => assert.equal((await get(port, "missing:80")).body, "one"));
});

test("a change of the route configuration keeps its virtual hosts", async () => {
  await bench.quiet();
  put(routeConfiguration("r", "2"), RDS);
  await eventually(async () => assert.equal((await get(port, "known:80")).headers.revision, "2"));
  assert.equal((await get(port, "known:80")).body, "two");
  assert.deepEqual(
    bench.sent.map(({ names }) => names),
    [["r"]],
  );
});

test("a changed cluster warms though its endpoints did not change", async () => {
  await bench.quiet();
  const failed: number[] = [];
  const updates = await bench.stat("cluster_manager.cluster_modified");
  for (let timeout = 2000; timeout < 2005; timeout++) {
    put(cluster("first", timeout), CDS);
    const { status } = await get(eager, "x");
    if (status !== 200) failed.push(status);
  }
  await eventually(async () => assert.equal(await bench.stat("cluster_manager.warming_clusters"), 0), 2_000);
  assert.ok((await bench.stat("cluster_manager.cluster_modified")) > updates);
  assert.match(await bench.configDump(), /"connect_timeout": "2\.004s"/);
  assert.deepEqual(failed, []);
});

test("a route that moves to a cluster made at the same moment loses no request", async () => {
  await bench.quiet();
  const statuses = new Map<number, number>();
  let going = true;
  const load = (async () => {
    while (going) {
      const { status } = await get(eager, "x");
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  })();
  let from = "first";
  for (let turn = 0; turn < 10; turn++) {
    const to = `moved-${turn}`;
    bench.source.batch(() => {
      put(staticRoutes("static", to), RDS);
      put(endpoints(to, [turn % 2 ? one : two]), EDS);
      put(cluster(to), CDS);
      push[CDS] = [to];
      bench.source.setView(PROXY, pushing(push));
    });
    await eventually(async () => assert.equal((await get(eager, "x")).body, turn % 2 ? "one" : "two"), 2_000);
    from = to;
  }
  going = false;
  await load;
  assert.deepEqual([...statuses.keys()], [200]);
  await eventually(async () => assert.ok(!(await bench.configDump()).includes("moved-0")));
  assert.ok((await bench.configDump()).includes(from));
});

test("a reconnect after a restart of the server brings nothing that the proxy has", async () => {
  await bench.quiet();
  await bench.server.close();
  assert.equal((await get(port, "known:80")).body, "two", "what is known keeps working");
  await bench.startServer();
  await eventually(() => assert.equal(bench.server.hub.status().length, 1));
  await sleep(500);
  await eventually(() => assert.ok(bench.server.hub.status()[0]?.synced));
  assert.deepEqual(
    bench.sent.map(({ type, names, removed, bytes }) => ({ type, names, removed, bytes })),
    [],
  );
  assert.ok((bench.server.hub.holdings(PROXY)?.length ?? 0) > 8);
  put(virtualHost("r/known:80", ["known:80"], "moved-9"), VHDS);
  await eventually(async () => assert.equal((await get(port, "known:80")).body, "one"));
  assert.deepEqual(
    bench.sent.map(({ names }) => names),
    [["r/known:80"]],
  );
});

test("what changed while the server was away comes with the reconnect, changed clusters with their endpoints", async () => {
  await bench.quiet();
  await bench.server.close();
  put(cluster("on-demand", 1234), CDS);
  put(virtualHost("r/known:80", ["known:80"], "on-demand"), VHDS);
  bench.source.set(VHDS, "r/late:80", undefined);
  await bench.startServer();
  await eventually(async () => assert.equal((await get(port, "known:80")).body, "two"));
  await eventually(async () => assert.match(await bench.configDump(), /"connect_timeout": "1\.234s"/));
  assert.equal(await bench.stat("cluster_manager.warming_clusters"), 0);
  await eventually(async () => assert.equal((await get(port, "late:80")).status, 404));
});

test("a bad listener is rejected in Envoy's words, keeps the last good one, and takes no good neighbour with it", async () => {
  await bench.quiet();
  const nacks: string[] = [];
  bench.server.hub.onNack(({ names, message, origins }) => nacks.push(`${names}|${origins[0]?.name}|${message}`));
  const third = await freePort();
  bench.source.batch(() => {
    put(brokenListener("eager", eager), LDS);
    put(listener("third", third, "static", "Eager"), LDS);
    push[LDS] = ["lazy", "eager", "third"];
    bench.source.setView(PROXY, pushing(push));
  });
  await eventually(async () => assert.equal((await get(third, "x")).status, 200));
  assert.equal((await get(eager, "x")).status, 200);
  await eventually(() => assert.equal(nacks.length, 1));
  assert.match(nacks[0] ?? "", /^eager\|eager\|.*no filter chains specified/);
  const status = () => bench.server.hub.status()[0]?.types.find(({ type }) => type === LDS);
  assert.deepEqual(
    status()?.rejections.map(({ name }) => name),
    ["eager"],
  );
  await sleep(300);
  assert.equal(bench.sent.filter(({ names }) => names.includes("eager")).length, 1, "it is not sent again");
  put(listener("eager", eager, "static", "Eager"), LDS);
  await eventually(() => assert.deepEqual(status()?.rejections, []));
});

test("a virtual host that takes another's domain is rejected alone, and its requests are answered", async () => {
  await bench.quiet();
  const nacks: string[] = [];
  bench.server.hub.onNack(({ names, message }) => nacks.push(`${names}|${message}`));
  put(virtualHost("r/thief:80", ["thief:80", "known:80"], "first"), VHDS);
  const { status, ms } = await get(port, "thief:80");
  assert.equal(status, 404);
  assert.ok(ms < 1000, `${ms} ms`);
  assert.equal((await get(port, "known:80")).body, "two");
  assert.match(nacks[0] ?? "", /^r\/thief:80\|Only unique values for domains/);
});

test("a listener that goes and comes back has its virtual hosts", async () => {
  bench.source.set(VHDS, "r/thief:80", undefined);
  await bench.quiet();
  bench.source.batch(() => {
    push[LDS] = ["eager"];
    bench.source.setView(PROXY, pushing(push));
  });
  await eventually(() => assert.rejects(get(port, "known:80")));
  push[LDS] = ["eager", "lazy"];
  bench.source.setView(PROXY, pushing(push));
  await eventually(async () => assert.equal((await get(port, "known:80")).body, "two"));
});

test("Envoy comes back with the token that the file has then", async () => {
  await bench.server.close();
  await bench.startServer({ tokenLifeMs: 500 });
  await eventually(() => assert.equal(bench.server.hub.status().length, 1));
  bench.writeToken("two");
  await eventually(() => assert.ok(bench.tokensSeen.includes("Bearer two")));
  await bench.server.close();
  await bench.startServer();
});

test("a thousand clusters arrive, and a change to one of them is small", async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `outbound|80||service-${index}.default.svc.cluster.local`);
  const before = await bench.stat("cluster_manager.active_clusters");
  bench.source.batch(() => {
    for (const name of names) {
      put(cluster(name), CDS);
      put(endpoints(name, [one]), EDS);
    }
    push[CDS] = [...(push[CDS] ?? []), ...names];
    bench.source.setView(PROXY, pushing(push));
  });
  await eventually(async () => {
    assert.ok((await bench.stat("cluster_manager.active_clusters")) >= before + 1000);
    assert.equal(await bench.stat("cluster_manager.warming_clusters"), 0);
  });
  await bench.quiet();
  put(endpoints(names[500] ?? "", [two]), EDS);
  await sleep(200);
  assert.deepEqual(
    bench.sent.map(({ names }) => names),
    [[names[500]]],
  );
  assert.ok((bench.sent[0]?.bytes ?? 0) < 500);
});
