/**
 * A mesh of 1,000 services with real Envoys and the real kubectl: what one edit costs the control plane, which proxies
 * hear of it, and what a proxy holds. Asserted on counts and bytes, not on times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { backend, client, createServices } from "../support/many-services.ts";
import { openWorld } from "../support/open-world.ts";

const SERVICES = 1_000;

/** Rows that one edit may recompute: the rules made of the object, the virtual host, what its gateways and references make of it. */
const FEW_ROWS = 12;

describe("1,000 services", { timeout: 240_000 }, () => {
  const world = openWorld();
  const account = new Account(world);

  const podOf = (app: string): Promise<string> =>
    world.kubectl("get", "pod", "-l", `app=${app}`, "-o", "jsonpath={.items[0].metadata.name}");
  const curl = (pod: string, host: string): Promise<string> =>
    world.kubectl("exec", pod, "-c", "app", "--", "curl", "-sS", "-i", "-m", "10", `http://${host}/details/0`);

  /** Routes svc-7 to itself and adds a response header `x-edit`. */
  const edit = (value: string): Promise<string> =>
    world.apply(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: svc-7 }
spec:
  hosts: [svc-7]
  http:
  - route: [{ destination: { host: svc-7 } }]
    headers: { response: { add: { x-edit: ${value} } } }
`);

  const settled = (): Promise<void> =>
    eventually(async () => {
      for (const { synced, types, proxy } of await account.proxies()) {
        assert.ok(synced, `${proxy.pod}: ${JSON.stringify(types.flatMap(({ rejections }) => rejections))}`);
      }
    });

  let a = "";
  let b = "";

  before(async () => {
    await world.start("up");
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled");
    await world.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: [backend(), client("a"), client("b")] }));
    await createServices(world, SERVICES);
    await world.kubectl("rollout", "status", "deployment/backend", "deployment/a", "deployment/b", "--timeout=60s");
    [a, b] = await Promise.all([podOf("a"), podOf("b")]);
  });
  after(() => world.end());

  test("two clients reach a service each, the first time they ask", async () => {
    assert.match(await curl(a, "svc-7"), /^HTTP\/1.1 200/);
    assert.match(await curl(b, "svc-8"), /^HTTP\/1.1 200/);
    await edit("none");
    await eventually(async () => assert.match(await curl(a, "svc-7"), /^x-edit: none/m));
    await settled();
  });

  test("an edit of svc-7's VirtualService recomputes a few rows, sends A under 3 KB and nothing to others", async (t) => {
    const lastPass = (await account.passes()).at(-1)?.pass ?? 0;
    const before = await account.sent();
    await edit("one");
    await eventually(async () => assert.match(await curl(a, "svc-7"), /^x-edit: one/m));
    await settled();

    const after = await account.sent();
    assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
    for (const [pod, { bytes, messages }] of after) {
      const more = bytes - (before.get(pod)?.bytes ?? 0);
      if (pod === a) {
        t.diagnostic(`bytes to A: ${more}`);
        assert.ok(more > 0 && more < 3_000, `${more} bytes to ${pod}`);
      } else {
        assert.equal(more, 0, `bytes to ${pod}`);
        assert.equal(messages, before.get(pod)?.messages, `messages to ${pod}`);
      }
    }

    const passes = (await account.passes()).filter(({ pass }) => pass > lastPass);
    const rows = passes.flatMap(({ collections }) => collections).reduce((sum, { recomputed }) => sum + recomputed, 0);
    t.diagnostic(`rows recomputed: ${rows} in ${passes.length} pass(es)`);
    assert.ok(rows > 0 && rows <= FEW_ROWS, JSON.stringify(passes));
  });

  test("the Envoy of A holds what A uses and no more", async (t) => {
    const dump = JSON.parse(await world.lateen("proxy-config", "all", a, "-o", "json"));
    const clusters = namesIn(dump, "envoy.config.cluster.v3.Cluster");
    const virtualHosts = namesIn(dump, "envoy.config.route.v3.VirtualHost");
    const routes = JSON.stringify(dump).match(/svc-\d+/g) ?? [];
    t.diagnostic(`${clusters.size} clusters; allocated ${await allocated(a)} bytes`);
    assert.ok(clusters.has("outbound|80||svc-7.default.svc.cluster.local"), [...clusters].join());
    assert.ok(clusters.size < 20, [...clusters].join());
    assert.ok(virtualHosts.size < 20, [...virtualHosts].join());
    assert.deepEqual([...new Set(routes)], ["svc-7"]);
    const hosts = await account.accepted(a, "VirtualHost");
    assert.ok(hosts.length < 20, hosts.join());
  });

  test("a new replica of A is given what its sibling uses before it asks", async () => {
    await world.kubectl("scale", "deployment/a", "--replicas=2");
    await world.kubectl("rollout", "status", "deployment/a", "--timeout=60s");
    const names = await world.kubectl("get", "pod", "-l", "app=a", "-o", "jsonpath={.items[*].metadata.name}");
    const sibling = names.split(" ").find((name) => name !== a) ?? "";
    await eventually(async () => {
      const clusters = await account.accepted(sibling, "Cluster");
      assert.ok(clusters.includes("outbound|80||svc-7.default.svc.cluster.local"), clusters.join());
    });
    const asked = (await account.proxy(sibling)).types.find(({ type }) => type.endsWith(".VirtualHost"))?.subscribed;
    assert.equal(asked, 0);
    assert.match(await curl(sibling, "svc-7"), /^x-edit: one/m);
    assert.ok(!(await account.accepted(b, "Cluster")).some((name) => name.includes("svc-7")));
  });

  const allocated = async (pod: string): Promise<number> => {
    const memory = JSON.parse(
      await world.kubectl("exec", pod, "-c", "app", "--", "curl", "-sS", "localhost:15000/memory"),
    );
    return Number(memory.allocated);
  };

  const inSyncWithoutRejections = async (pod: string): Promise<void> => {
    const { synced, types } = await account.proxy(pod);
    const rejections = types.flatMap(({ rejections }) => rejections);
    assert.deepEqual(rejections, []);
    assert.deepEqual(
      types.map(({ counters }) => counters.nacks),
      types.map(() => 0),
    );
    assert.ok(synced);
  };

  describe("pushed eagerly", () => {
    let eager = "";
    before(async () => {
      const delivery = { annotations: { "lateen.dev/delivery": "Eager" } };
      await world.apply(JSON.stringify(client("eager", delivery)));
      await world.kubectl("rollout", "status", "deployment/eager", "--timeout=60s");
      eager = await podOf("eager");
    });

    test("a client has every host without asking, and its proxy rejects nothing", async (t) => {
      await eventually(async () => {
        const hosts = await account.accepted(eager, "VirtualHost");
        assert.ok(hosts.filter((name) => name.startsWith("80/svc-")).length === SERVICES, `${hosts.length} hosts`);
        await inSyncWithoutRejections(eager);
      });
      t.diagnostic(`allocated ${await allocated(eager)} bytes`);
    });

    test("it reaches any of them by each of their names", async () => {
      for (const host of ["svc-0", "svc-499.default", "svc-999.default.svc", "svc-7.default.svc.cluster.local:80"]) {
        assert.match(await curl(eager, host), /^HTTP\/1.1 200/, host);
      }
      await eventually(() => inSyncWithoutRejections(eager));
    });

    test("a client in use turns eager and back, and its proxy rejects nothing", async () => {
      assert.match(await curl(b, "svc-8.default:80"), /^HTTP\/1.1 200/);
      await world.kubectl("annotate", "pod", b, "lateen.dev/delivery=Eager");
      await eventually(async () => {
        const hosts = await account.accepted(b, "VirtualHost");
        assert.ok(hosts.length >= SERVICES, `${hosts.length} hosts`);
        await inSyncWithoutRejections(b);
      });
      for (const host of ["svc-8", "svc-500"]) assert.match(await curl(b, host), /^HTTP\/1.1 200/, host);
      await world.kubectl("annotate", "pod", b, "lateen.dev/delivery-");
      await eventually(async () => {
        const hosts = await account.accepted(b, "VirtualHost");
        assert.ok(hosts.length < 20, `${hosts.length} hosts`);
        await inSyncWithoutRejections(b);
      });
      for (const host of ["svc-8", "svc-501"]) assert.match(await curl(b, host), /^HTTP\/1.1 200/, host);
      await eventually(() => inSyncWithoutRejections(b));
    });
  });
});

/** The names of all messages of a type, wherever they stand in a config dump. */
function namesIn(dump: unknown, type: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("@type" in node && node["@type"] === `type.googleapis.com/${type}` && "name" in node) {
      names.add(String(node.name));
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(dump);
  return names;
}
