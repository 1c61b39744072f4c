import { setImmediate as turn } from "node:timers/promises";
import { Hub } from "../../src/xds/hub.ts";
import { type Delivery, peerOf, type SimulatedMesh, simulateMesh } from "./mesh.ts";
import { SimulatedSidecar } from "./sidecar.ts";

export interface Cost {
  bytes: number;
  messages: number;
  /** Rows that the engine computed. */
  rows: number;
  /** Of this whole process: user and system, garbage collection included. */
  cpuMs: number;
  /** Sidecars that got anything. */
  reached: number;
}

/** A mesh, a hub and its sidecars, and what happens to them counted. */
export class Fleet {
  readonly mesh: SimulatedMesh;
  readonly sidecars: SimulatedSidecar[] = [];
  readonly #hub: Hub;
  #rows = 0;

  constructor(services: number, sidecars: number, delivery: Delivery) {
    this.mesh = simulateMesh(services, sidecars, delivery);
    this.mesh.graph.onPass(({ collections }) => {
      for (const { recomputed } of collections) this.#rows += recomputed;
    });
    const failed = (proxy: string, error: unknown): void => {
      throw new Error(`serving ${proxy} failed`, { cause: error });
    };
    this.#hub = new Hub(this.mesh.source, { onError: failed });
    const byId = new Map<string, SimulatedSidecar>();
    this.#hub.onSent((report) => byId.get(report.proxy)?.sent(report));
    for (let i = 0; i < sidecars; i++) {
      const peer = peerOf(i);
      const sidecar = new SimulatedSidecar(this.#hub, peer);
      byId.set(peer.id, sidecar);
      this.sidecars.push(sidecar);
    }
  }

  /** Runs `change`, and what follows from it until nobody has anything to say any more. */
  async measure(change: () => void): Promise<Cost> {
    const before = this.sidecars.map(({ bytes, messages }) => ({ bytes, messages }));
    this.#rows = 0;
    const cpu = process.cpuUsage();
    change();
    await this.#quiet();
    const { user, system } = process.cpuUsage(cpu);
    const cost: Cost = { bytes: 0, messages: 0, rows: this.#rows, cpuMs: (user + system) / 1000, reached: 0 };
    for (const [i, { bytes, messages }] of this.sidecars.entries()) {
      const then = before[i];
      if (!then || then.messages === messages) continue;
      cost.bytes += bytes - then.bytes;
      cost.messages += messages - then.messages;
      cost.reached++;
    }
    return cost;
  }

  /** Whether all sidecars have what they should have, and rejected nothing. */
  synced(): boolean {
    return this.#hub.status().every(({ synced }) => synced);
  }

  close(): void {
    this.#hub.close();
  }

  async #quiet(): Promise<void> {
    const said = (): number => this.sidecars.reduce((sum, { messages }) => sum + messages, 0);
    for (let still = 0, last = said(); still < 4; still = said() === last ? still + 1 : 0) {
      last = said();
      await turn();
    }
  }
}
