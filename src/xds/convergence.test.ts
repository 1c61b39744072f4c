import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "#envoy/service/discovery/v3/discovery_pb.js";
import {
  CLUSTER as CDS,
  LOAD_ASSIGNMENT as EDS,
  ROUTE_CONFIGURATION as RDS,
  VIRTUAL_HOST as VHDS,
} from "../envoy/types.ts";
import { Hub } from "./hub.ts";
import type { Session } from "./session.ts";
import { peer } from "./testing/fake-proxy.ts";
import { FakeSource, pushing } from "./testing/fake-source.ts";

const NAMES = ["a", "b", "c"];
const HOSTS = ["r/a", "r/b", "r/c"];

/** Takes what Envoy takes: nothing of a response with a bad resource in it, no virtual host before its routes. */
class Model {
  readonly has = new Map<string, Map<string, string>>([CDS, EDS, RDS, VHDS].map((type) => [type, new Map()]));
  readonly asked = new Set<string>();
  readonly #hub: Hub;
  #queue: DeltaDiscoveryResponse[] = [];
  #session: Session | undefined;
  /** Names of endpoints. */
  #subscribed = new Set<string>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  connect(): void {
    const queue: DeltaDiscoveryResponse[] = [];
    this.#queue = queue;
    this.#session = this.#hub.accept(peer("a"), {
      write: (frame, done) => {
        queue.push(fromBinary(DeltaDiscoveryResponseSchema, frame));
        done();
      },
      close: () => {},
    });
    this.#subscribed = new Set(this.type(CDS).keys());
    const first = (typeUrl: string, names: Iterable<string>): void =>
      this.#send({
        typeUrl,
        resourceNamesSubscribe: [...names],
        initialResourceVersions: Object.fromEntries(this.type(typeUrl)),
      });
    first(CDS, []);
    first(RDS, ["r"]);
    first(VHDS, this.asked.size > 0 ? ["*", ...this.asked] : []);
    if (this.type(CDS).size > 0) first(EDS, this.type(CDS).keys());
  }

  ask(host: string): void {
    if (!this.type(RDS).has("r")) return;
    this.asked.add(host);
    this.#send({ typeUrl: VHDS, resourceNamesSubscribe: [host] });
  }

  /** Takes the oldest response that was not looked at; says whether there was one. */
  step(): boolean {
    const response = this.#queue.shift();
    if (!response) return false;
    const { typeUrl, nonce, resources, removedResources } = response;
    const has = this.type(typeUrl);
    const names = [...resources.map(({ name }) => name), ...removedResources];
    assert.equal(new Set(names).size, names.length, "a name stands twice");
    const bad = resources.find(({ version, resource }) => version.startsWith("bad") && resource);
    if (bad) {
      const message = bad.version === "bad-named" ? `there is something wrong with ${bad.name}` : "something is wrong";
      this.#send({ typeUrl, responseNonce: nonce, errorDetail: { code: 13, message } });
      return true;
    }
    for (const { name, version } of resources) {
      if (typeUrl === VHDS && !this.type(RDS).has("r")) continue;
      if (typeUrl === EDS && !this.#subscribed.has(name)) continue;
      has.set(name, version);
    }
    for (const name of removedResources) has.delete(name);
    this.#send({ typeUrl, responseNonce: nonce });
    if (typeUrl === CDS) this.#followClusters();
    return true;
  }

  type(type: string): Map<string, string> {
    return this.has.get(type) ?? assert.fail(`no ${type}`);
  }

  #followClusters(): void {
    const clusters = this.type(CDS);
    const fresh = [...clusters.keys()].filter((name) => !this.#subscribed.has(name));
    const gone = [...this.#subscribed].filter((name) => !clusters.has(name));
    for (const name of fresh) this.#subscribed.add(name);
    for (const name of gone) {
      this.#subscribed.delete(name);
      this.type(EDS).delete(name);
    }
    if (fresh.length + gone.length === 0) return;
    this.#send({ typeUrl: EDS, resourceNamesSubscribe: fresh, resourceNamesUnsubscribe: gone });
  }

  #send(request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): void {
    this.#session?.receive(create(DeltaDiscoveryRequestSchema, request));
  }
}

const version = fc.constantFrom("1", "2", "3", "bad-named", "bad", undefined);
const operation = fc.oneof(
  fc.record({
    do: fc.constant("row" as const),
    type: fc.constantFrom(CDS, EDS),
    name: fc.constantFrom(...NAMES),
    version,
  }),
  fc.record({ do: fc.constant("row" as const), type: fc.constant(VHDS), name: fc.constantFrom(...HOSTS), version }),
  fc.record({
    do: fc.constant("view" as const),
    clusters: fc.subarray(NAMES),
    hosts: fc.subarray(HOSTS),
  }),
  fc.record({ do: fc.constant("ask" as const), host: fc.constantFrom(...HOSTS) }),
  fc.record({ do: fc.constant("step" as const) }),
  fc.record({ do: fc.constant("wait" as const) }),
  fc.record({ do: fc.constant("reconnect" as const) }),
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("whatever happens in whatever order, a proxy ends up with what it should have, and with nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
      const source = new FakeSource();
      const hub = new Hub(source, { lingerMs: 0, warmingMs: 0 });
      const id = peer("a").id;
      const row = (type: string, name: string, to: string | undefined): void =>
        source.set(
          type,
          name,
          to === undefined ? undefined : { name, version: to, body: Buffer.from([10, 0]), origins: [] },
        );
      row(RDS, "r", "1");
      let view = { clusters: NAMES, hosts: HOSTS };
      source.setView(id, pushing({ [CDS]: view.clusters, [VHDS]: view.hosts }));
      const model = new Model(hub);
      model.connect();
      for (const op of operations) {
        if (op.do === "row") row(op.type, op.name, op.version);
        else if (op.do === "view") {
          view = op;
          source.setView(id, pushing({ [CDS]: op.clusters, [VHDS]: op.hosts }));
        } else if (op.do === "ask") model.ask(op.host);
        else if (op.do === "step") model.step();
        else if (op.do === "wait") await turn();
        else model.connect();
      }
      for (let quiet = 0; quiet < 4; quiet++) {
        await turn();
        while (model.step()) quiet = 0;
      }
      const expect = (type: string, name: string, wanted: boolean): void => {
        const resource = source.resource(type, name);
        const has = model.type(type).get(name);
        const stands = has !== undefined && !has.startsWith("absent");
        if (!wanted) assert.equal(stands && type !== VHDS, false, `${type} ${name} is left over`);
        else if (!resource) assert.ok(!stands || !["1", "2", "3"].includes(has), `${name} is gone, but held`);
        else if (!resource.version.startsWith("bad")) assert.equal(has, resource.version, `${type} ${name}`);
      };
      for (const name of NAMES) {
        expect(CDS, name, view.clusters.includes(name));
        expect(EDS, name, model.type(CDS).has(name));
      }
      for (const host of HOSTS) expect(VHDS, host, view.hosts.includes(host) || model.asked.has(host));
      const [status] = hub.status();
      for (const { type, rejections, synced } of status?.types ?? []) {
        assert.equal(synced, rejections.length === 0, `${type} is in sync unless something is rejected`);
        for (const { name, version: rejected } of rejections)
          assert.equal(source.resource(type, name)?.version, rejected);
      }
    }),
    { numRuns: 500 },
  );
});
