import assert from "node:assert/strict";
import type { PassReport } from "../../src/engine/types.ts";
import type { Holding, ProxyStatus } from "../../src/xds/status.ts";
import type { TestWorld } from "./world.ts";

/** What one proxy was sent since it connected, over all types. */
export interface Sent {
  messages: number;
  bytes: number;
  resources: number;
  nacks: number;
}

/** The control plane's own account of itself, read as a user reads it, who must have the right to. */
export class Account {
  readonly #world: TestWorld;

  constructor(world: TestWorld) {
    this.#world = world;
  }

  proxies(): Promise<ProxyStatus[]> {
    return this.#read("syncz");
  }

  /** The pods whose proxies have not accepted all that they should have. */
  async outOfSync(): Promise<string[]> {
    return (await this.proxies()).filter(({ synced }) => !synced).map(({ proxy }) => proxy.pod);
  }

  /** The proxy of a pod; fails when it is not connected. */
  async proxy(pod: string): Promise<ProxyStatus> {
    const found = (await this.proxies()).find(({ proxy }) => proxy.pod === pod);
    assert.ok(found, `the proxy of ${pod} is not connected`);
    return found;
  }

  /** By pod, what each connected proxy was sent so far. */
  async sent(): Promise<Map<string, Sent>> {
    return new Map((await this.proxies()).map((status) => [status.proxy.pod, totals(status)]));
  }

  /** Names of the given kind of resource (`Cluster`, `VirtualHost`) that the pod's proxy has accepted. */
  async accepted(pod: string, kind: string): Promise<string[]> {
    const { proxy } = await this.proxy(pod);
    const holdings = await this.#read<Holding[]>(`holdings?proxy=${encodeURIComponent(proxy.id)}`);
    const held = holdings.filter(({ type, sent, acked }) => type.endsWith(`.${kind}`) && acked === sent);
    return held.map(({ name }) => name);
  }

  /** The last passes of the engine, oldest first. */
  passes(): Promise<PassReport[]> {
    return this.#read("passes");
  }

  async #read<T>(path: string): Promise<T> {
    return JSON.parse(await this.#world.lateen("experimental", "internal-debug", path));
  }
}

function totals({ types }: ProxyStatus): Sent {
  const sent = { messages: 0, bytes: 0, resources: 0, nacks: 0 };
  for (const { counters } of types) {
    sent.messages += counters.messages;
    sent.bytes += counters.bytes;
    sent.resources += counters.resources;
    sent.nacks += counters.nacks;
  }
  return sent;
}
