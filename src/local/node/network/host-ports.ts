/**
 * Ports of the host's loopback for NodePort and LoadBalancer Services. They are opened here, since the agent has no
 * access to the host's network, and handed to the agent, which has access to the pods.
 */
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "../agent/agent.ts";
import type { ServiceState } from "./service-state.ts";

export interface HostPort {
  port: number;
  service: string;
  servicePort: number;
  /** A node port belongs to its Service; a load balancer's own number may be someone else's on this machine. */
  kind: "NodePort" | "LoadBalancer";
}

/** By port number; of two Services that want one number, the first by name gets it. */
export function wantedPorts(services: Iterable<ServiceState>): Map<number, HostPort> {
  const wanted = new Map<number, HostPort>();
  const sorted = [...services].sort((a, b) => (a.key < b.key ? -1 : 1));
  const add = (port: HostPort) => {
    if (!wanted.has(port.port)) wanted.set(port.port, port);
  };
  for (const kind of ["NodePort", "LoadBalancer"] as const) {
    for (const { key, type, ports } of sorted) {
      if (type !== "LoadBalancer" && type !== kind) continue;
      for (const { protocol, port, nodePort } of ports) {
        if (protocol !== "tcp") continue;
        if (kind === "LoadBalancer") add({ port, service: key, servicePort: port, kind });
        else if (nodePort !== undefined) add({ port: nodePort, service: key, servicePort: port, kind });
      }
    }
  }
  return wanted;
}

const HOST = "127.0.0.1";
/** A port that someone else has may become free. */
const RETRY_MS = 3000;

export class HostPortOpener {
  readonly #agent: Agent;
  readonly #onRefused: (port: HostPort, error: NodeJS.ErrnoException) => void;
  readonly #open = new Map<number, HostPort>();
  readonly #refused = new Map<number, HostPort>();
  #wanted = new Map<number, HostPort>();
  #agentReady = false;
  #queue: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  /** `onRefused` hears once of each port that cannot be had. */
  constructor(agent: Agent, onRefused: (port: HostPort, error: NodeJS.ErrnoException) => void) {
    this.#agent = agent;
    this.#onRefused = onRefused;
  }

  set(services: Iterable<ServiceState>): void {
    this.#wanted = wantedPorts(services);
    // Until then an agent of a former node process may still have them.
    if (this.#agentReady) this.#queue = this.#queue.then(() => this.#apply());
  }

  /** A new agent has none of them. */
  reopen(): void {
    this.#agentReady = true;
    this.#queue = this.#queue.then(() => {
      this.#open.clear();
      return this.#apply();
    });
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#agentReady = false;
  }

  async #apply(): Promise<void> {
    const released = new Set<number>();
    for (const [port, open] of this.#open) {
      if (same(open, this.#wanted.get(port))) continue;
      this.#agent.unlisten(String(port));
      this.#open.delete(port);
      released.add(port);
    }
    for (const [port, refused] of this.#refused) if (!same(refused, this.#wanted.get(port))) this.#refused.delete(port);
    for (const [port, wanted] of this.#wanted) {
      if (this.#open.has(port)) continue;
      try {
        const server = await listen(port, released.has(port) ? RELEASE_TRIES : 0);
        this.#agent.listen(String(port), server, wanted.service, wanted.servicePort);
        this.#open.set(port, wanted);
        this.#refused.delete(port);
      } catch (error) {
        if (!this.#refused.has(port))
          this.#onRefused(wanted, error instanceof Error ? error : new Error(String(error)));
        this.#refused.set(port, wanted);
      }
    }
    clearTimeout(this.#retry);
    if (this.#refused.size === 0 || !this.#agentReady) return;
    this.#retry = setTimeout(() => {
      this.#queue = this.#queue.then(() => this.#apply());
    }, RETRY_MS).unref();
  }
}

function same(a: HostPort, b: HostPort | undefined): boolean {
  return a.service === b?.service && a.servicePort === b.servicePort;
}

/** The agent takes a moment to let go of a port that changes hands. */
const RELEASE_TRIES = 20;
const RELEASE_PAUSE_MS = 25;

async function listen(port: number, retries: number): Promise<Server> {
  for (let left = retries; ; left--) {
    try {
      return await listenOnce(port);
    } catch (error) {
      if (left <= 0) throw error;
      await sleep(RELEASE_PAUSE_MS);
    }
  }
}

function listenOnce(port: number): Promise<Server> {
  // A connection that comes before the agent has the listener is refused here; the client tries again.
  const server = createServer({ pauseOnConnect: true }, (socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: HOST, port, backlog: 1024 }, () => resolve(server));
  });
}
