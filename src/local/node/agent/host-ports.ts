/** Ports of the host's loopback that lead to Services. The node process opened them; here they are accepted. */
import { connect, type Server, type Socket } from "node:net";
import type { ServiceState } from "../network/service-state.ts";
import { splice } from "./splice.ts";

const CONNECT_TIMEOUT_MS = 5000;

export class HostPorts {
  readonly #services: ReadonlyMap<string, ServiceState>;
  readonly #servers = new Map<string, Server>();
  readonly #connections = new Map<string, Set<Socket>>();

  constructor(services: ReadonlyMap<string, ServiceState>) {
    this.#services = services;
  }

  listen(id: string, server: Server, service: string, port: number): void {
    this.unlisten(id);
    this.#servers.set(id, server);
    const connections = new Set<Socket>();
    this.#connections.set(id, connections);
    server.on("connection", (incoming: Socket) => {
      connections.add(incoming);
      incoming.on("close", () => connections.delete(incoming));
      // The handle came from another process, and with it not the option: ends would otherwise close both ways.
      incoming.allowHalfOpen = true;
      incoming.setNoDelay(true);
      this.#forward(incoming, service, port, 0);
    });
  }

  unlisten(id: string): void {
    this.#servers.get(id)?.close();
    this.#servers.delete(id);
    for (const connection of this.#connections.get(id) ?? []) connection.destroy();
    this.#connections.delete(id);
  }

  #forward(incoming: Socket, service: string, port: number, attempt: number): void {
    const targets =
      this.#services.get(service)?.ports.find((each) => each.port === port && each.protocol === "tcp")?.targets ?? [];
    const target = targets[Math.floor(Math.random() * targets.length)];
    if (!target) {
      incoming.resetAndDestroy();
      return;
    }
    const outgoing = connect({ host: target.ip, port: target.port, allowHalfOpen: true, noDelay: true });
    outgoing.setTimeout(CONNECT_TIMEOUT_MS, () => outgoing.destroy(new Error("timeout")));
    const failed = () => {
      // Nothing was read from the client yet, so another endpoint may still serve it.
      if (attempt + 1 < Math.min(targets.length, 3)) this.#forward(incoming, service, port, attempt + 1);
      else incoming.resetAndDestroy();
    };
    outgoing.once("error", failed);
    const gaveUp = () => outgoing.destroy();
    incoming.once("close", gaveUp);
    outgoing.once("connect", () => {
      outgoing.off("error", failed);
      incoming.off("close", gaveUp);
      outgoing.setTimeout(0);
      splice(incoming, outgoing);
    });
    incoming.on("error", () => undefined);
  }
}
