/** The agent as the node process sees it: started in the network namespace, fed, asked, and started again if it dies. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LateenError } from "../../../errors.ts";
import { askHost } from "../dns/upstream.ts";
import type { NodeHome } from "../home.ts";
import { inNetwork } from "../network/holder.ts";
import type { ServiceState } from "../network/service-state.ts";
import { commandPath } from "../system/commands.ts";
import { writeJson } from "../system/files.ts";
import { ownEnvironment } from "../system/own-environment.ts";
import { readProcessFile } from "../system/process-file.ts";
import { kill, type ProcessRef, processRef } from "../system/processes.ts";
import type { FromAgent, NetworkProbe, ProbeResult, ToAgent } from "./messages.ts";

const RESTART_MS = 500;
const READY_MS = 15_000;
/** Beyond the probe's own time, after which the agent itself is taken to be gone. */
const GRACE_MS = 2000;

export interface AgentOptions {
  home: NodeHome;
  holder: ProcessRef;
  /** Called whenever a new agent runs: it has no host ports yet. */
  onReady(): void;
  onError(error: unknown): void;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #probes = new Map<number, (result: ProbeResult | undefined) => void>();
  #child: ChildProcess | undefined;
  #services: ReadonlyMap<string, ServiceState> = new Map();
  #lastProbe = 0;
  #stopped = false;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** Replaces an agent that a former node process left. */
  async start(): Promise<void> {
    const { home, holder } = this.#options;
    const former = readProcessFile(home.agentFile);
    if (former) await kill(former);
    const log = openSync(join(home.logs, "agent.log"), "a", 0o600);
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const [command, args] = inNetwork(holder, process.execPath, "--disable-warning=ExperimentalWarning", main);
    const child = spawn(commandPath(command), [...args, home.apiSocket, home.xdsSocket], {
      detached: true,
      cwd: "/",
      stdio: ["ignore", log, log, "ipc"],
      env: ownEnvironment(home.dir),
    });
    closeSync(log);
    this.#child = child;
    const ref = child.pid === undefined ? undefined : processRef(child.pid);
    if (ref) writeJson(home.agentFile, ref);
    const ready = Promise.withResolvers<void>();
    const late = setTimeout(() => child.kill("SIGKILL"), READY_MS);
    child.on("message", (message: FromAgent) => {
      if (message.type === "ready") ready.resolve();
      else this.#receive(message);
    });
    child.on("error", (error) => ready.reject(error));
    child.on("exit", (code) => {
      clearTimeout(late);
      ready.reject(
        new LateenError("LTN1204", `The node's agent ended (${code}).`, `Its log is ${join(home.logs, "agent.log")}.`),
      );
      this.#lost(child);
    });
    await ready.promise;
    clearTimeout(late);
    this.#send({ type: "services", set: [...this.#services.values()], removed: [] });
    this.#options.onReady();
  }

  /** The Services that DNS and the host ports serve. Sends what changed; states are compared by identity. */
  setServices(services: ReadonlyMap<string, ServiceState>): void {
    const before = this.#services;
    this.#services = new Map(services);
    const set = [...services.values()].filter((service) => before.get(service.key) !== service);
    const removed = [...before.keys()].filter((key) => !services.has(key));
    if (set.length > 0 || removed.length > 0) this.#send({ type: "services", set, removed });
  }

  /** Undefined when there is no agent to ask: that says nothing about the pod. */
  probe(probe: NetworkProbe): Promise<ProbeResult | undefined> {
    if (!this.#child?.connected) return Promise.resolve(undefined);
    const id = ++this.#lastProbe;
    return new Promise((resolve) => {
      const done = (result: ProbeResult | undefined) => {
        clearTimeout(timer);
        this.#probes.delete(id);
        resolve(result);
      };
      const timer = setTimeout(() => done(undefined), probe.timeoutMs + GRACE_MS);
      this.#probes.set(id, done);
      this.#send({ type: "probe", id, probe });
    });
  }

  /** Hands over a listening server. Afterwards only the agent accepts its connections. */
  listen(id: string, server: Server, service: string, port: number): void {
    this.#send({ type: "listen", id, service, protocol: "tcp", port }, server);
  }

  unlisten(id: string): void {
    this.#send({ type: "unlisten", id });
  }

  /** Lets go of the agent without ending it, or ends it. */
  async stop(end: boolean): Promise<void> {
    this.#stopped = true;
    const former = readProcessFile(this.#options.home.agentFile);
    if (end && former) await kill(former);
    this.#child?.unref();
  }

  #send(message: ToAgent, handle?: Server): void {
    const child = this.#child;
    if (!child?.connected) return;
    child.send(message, handle, {}, (error) => {
      if (error) this.#options.onError(error);
      // The agent has its own copy by now; with ours open as well, some connections would end up here.
      handle?.close();
    });
  }

  #receive(message: FromAgent): void {
    switch (message.type) {
      case "probed":
        this.#probes.get(message.id)?.(message.result);
        return;
      case "resolve": {
        const { id } = message;
        void askHost(Buffer.from(message.query, "base64")).then((response) =>
          this.#send({ type: "resolved", id, response: response && Buffer.from(response).toString("base64") }),
        );
        return;
      }
      case "ready":
        return;
    }
  }

  #lost(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const done of this.#probes.values()) done(undefined);
    if (this.#stopped) return;
    void this.#restart();
  }

  async #restart(): Promise<void> {
    while (!this.#stopped && !this.#child) {
      await sleep(RESTART_MS);
      await this.start().catch((error: unknown) => this.#options.onError(error));
    }
  }
}
