import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../../src/store/store.ts";
import { type Figure, median, milliseconds, size } from "../figure.ts";
import { cpuSeconds } from "../worlds.ts";
import { editVirtualService, moveEndpoint } from "./objects.ts";
import type { SimulatedProxy } from "./proxy.ts";

/** Silence after which nothing more is expected: istiod waits 100 ms for more changes before it sends any. */
const SILENCE_MS = 1_500;
const ROUNDS = 10;

/** Used by every sidecar, so that all of them have to hear of an edit. */
export const POPULAR = 0;

export interface Peer {
  store: Store;
  /** The control plane's process on this machine, if it is here: then its CPU and memory are read too. */
  pid?: number | undefined;
}

interface Cost {
  bytes: number;
  reached: number;
  cpuMs: number;
  /** From the write's acknowledgement to the last byte that any proxy got; for rounds of one cause. */
  convergedMs: number;
}

/** First sync, edits of a VirtualService, changes of an endpoint: what each costs and when all have heard of it. */
export async function rounds(peer: Peer, connect: () => Promise<SimulatedProxy[]>): Promise<Figure[]> {
  let proxies: SimulatedProxy[] = [];
  const begun = performance.now();
  const cpu = cpuMs(peer);
  proxies = await connect();
  while (proxies.some(({ messages }) => messages === 0)) await sleep(50);
  await silence(proxies);
  const last = Math.max(...proxies.map(({ lastHeard }) => lastHeard));
  const first = {
    bytes: sum(proxies, "bytes"),
    reached: proxies.filter(({ messages }) => messages > 0).length,
    cpuMs: cpuMs(peer) - cpu,
    convergedMs: last - begun,
  };
  const edits: Cost[] = [];
  const moves: Cost[] = [];
  await measure(peer, proxies, () => editVirtualService(peer.store, POPULAR, 60)); // makes it, which costs more
  for (let turn = 1; turn <= ROUNDS; turn++) {
    edits.push(await measure(peer, proxies, () => editVirtualService(peer.store, POPULAR, turn)));
    moves.push(await measure(peer, proxies, () => moveEndpoint(peer.store, POPULAR, turn)));
  }
  for (const proxy of proxies) proxy.close();
  return [
    figure(peer, "first sync of all", first),
    figure(peer, "one VirtualService edit", typical(edits)),
    figure(peer, "one endpoint change", typical(moves)),
    ...(peer.pid === undefined ? [] : [{ what: "the control plane's memory", value: size(residentBytes(peer.pid)) }]),
  ];
}

async function measure(peer: Peer, proxies: readonly SimulatedProxy[], change: () => Promise<unknown>): Promise<Cost> {
  const before = proxies.map(({ bytes, messages }) => ({ bytes, messages }));
  const cpu = cpuMs(peer);
  await change();
  const written = performance.now();
  await silence(proxies);
  const reached = proxies.filter(({ messages }, i) => messages > (before[i]?.messages ?? 0));
  return {
    bytes: sum(proxies, "bytes") - before.reduce((all, { bytes }) => all + bytes, 0),
    reached: reached.length,
    cpuMs: cpuMs(peer) - cpu,
    convergedMs: Math.max(0, ...reached.map(({ lastHeard }) => lastHeard - written)),
  };
}

async function silence(proxies: readonly SimulatedProxy[]): Promise<void> {
  const start = performance.now();
  for (;;) {
    const last = Math.max(start, ...proxies.map(({ lastHeard }) => lastHeard));
    const left = SILENCE_MS - (performance.now() - last);
    if (left <= 0) return;
    await sleep(left);
  }
}

function typical(costs: readonly Cost[]): Cost {
  const of = (part: keyof Cost): number => median(costs.map((cost) => cost[part]));
  return { bytes: of("bytes"), reached: of("reached"), cpuMs: of("cpuMs"), convergedMs: of("convergedMs") };
}

function figure({ pid }: Peer, what: string, { bytes, reached, cpuMs, convergedMs }: Cost): Figure {
  const cpu = pid === undefined ? "" : `, ${milliseconds(cpuMs)} CPU`;
  return { what, value: `${size(bytes)} to ${reached}${cpu}`, note: `all have it after ${milliseconds(convergedMs)}` };
}

function cpuMs({ pid }: Peer): number {
  return pid === undefined ? 0 : cpuSeconds(pid) * 1000;
}

function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function sum(proxies: readonly SimulatedProxy[], part: "bytes" | "messages"): number {
  return proxies.reduce((all, proxy) => all + proxy[part], 0);
}
