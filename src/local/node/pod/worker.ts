/** One pod through its life on this node: sandbox, init containers, sidecars, containers; and its end. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { StoreError } from "../../../store/error.ts";
import type { Store } from "../../../store/store.ts";
import type { Events, EventType } from "../api/events.ts";
import type { Ipam } from "../network/ipam.ts";
import { PODS } from "../resources.ts";
import { readJson, remove, writeJson } from "../system/files.ts";
import { isAlive, type ProcessRef } from "../system/processes.ts";
import { PodTokens } from "../volumes/tokens.ts";
import { makeVolumes, type VolumesInput } from "../volumes/volumes.ts";
import type { NodeServices, PodContext } from "./context.ts";
import { containersOf } from "./kinds-of-container.ts";
import { newRecord, type PodRecord, timestamp } from "./records.ts";
import { ContainerRunner } from "./runner.ts";
import { clearStrangers, startSandbox, stopSandbox } from "./sandbox.ts";
import { podStatus } from "./status.ts";
import { StatusWriter } from "./status-writer.ts";

export interface WorkerOptions {
  pod: Pod;
  node: NodeServices;
  store: Store;
  events: Events;
  ipam: Ipam;
  /** Holds the node's network namespace. */
  nodeNetwork: ProcessRef;
  /** Made anew by this node process: pods that are still there have lost their links to it. */
  freshNetwork: boolean;
  /** The pod's own folder. */
  folder: string;
}

/** A sidecar gets a moment to end even when the app has used up the grace period. */
const SIDECAR_LEAST_MS = 2000;
const RETRY_MS = 1000;

export class PodWorker {
  readonly uid: string;
  readonly #options: WorkerOptions;
  readonly #status: StatusWriter;
  readonly #tokens: PodTokens;
  #pod: Pod;
  #record: PodRecord | undefined;
  #runners: ContainerRunner[] = [];
  #running: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #killing: Promise<void> | undefined;
  #ended = false;

  constructor(options: WorkerOptions) {
    const { pod, store, node } = options;
    this.uid = pod.metadata.uid ?? "";
    this.#options = options;
    this.#pod = pod;
    this.#tokens = new PodTokens(node.issueToken);
    const name = { namespace: pod.metadata.namespace ?? "default", name: pod.metadata.name };
    this.#status = new StatusWriter(store, name, () => this.#currentStatus(), node.onError);
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Holds the pod's network namespace; undefined until there is one. */
  get sandbox(): ProcessRef | undefined {
    return this.#record?.sandbox;
  }

  /** LATEEN_HOME. */
  get home(): string {
    return this.#options.node.home;
  }

  get folder(): string {
    return this.#options.folder;
  }

  runner(container: string): ContainerRunner | undefined {
    return this.#runners.find((runner) => runner.container.name === container);
  }

  /** The pod as the API has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) void this.terminate();
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => this.#options.node.onError(error));
    if (this.#pod.metadata.deletionTimestamp !== undefined) void this.terminate();
  }

  /** ConfigMaps or Secrets changed, or time passed: volumes and tokens may be out of date. */
  async refresh(): Promise<void> {
    if (!this.#record || this.#ended || this.#ending) return;
    // What cannot be had now stays as it was.
    await makeVolumes(this.#volumes(this.#record.ip)).catch(() => undefined);
  }

  /** Ends the pod as its deletion asks, then tells the API that it is gone. */
  terminate(): Promise<void> {
    this.#ending ??= this.#terminate(this.#pod.metadata.deletionGracePeriodSeconds ?? this.#graceSeconds());
    return this.#ending;
  }

  /** Ends the pod at once: it is no longer in the API. */
  async kill(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.kill()));
    this.#killing ??= this.#end(0);
    await this.#killing;
  }

  #graceSeconds(): number {
    return this.#pod.spec.terminationGracePeriodSeconds ?? 30;
  }

  async #terminate(graceSeconds: number): Promise<void> {
    const { store, node } = this.#options;
    await this.#end(graceSeconds * 1000);
    const { namespace = "default", name, uid = "" } = this.#pod.metadata;
    for (;;) {
      try {
        await store.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
        return;
      } catch (error) {
        if (error instanceof StoreError && (error.reason === "NotFound" || error.reason === "Conflict")) return;
        node.onError(error);
        await sleep(RETRY_MS);
      }
    }
  }

  async #end(graceMs: number): Promise<void> {
    const { nodeNetwork, ipam, folder } = this.#options;
    const until = Date.now() + graceMs;
    this.#ended = true;
    for (const runner of this.#runners) runner.announceStop(graceMs);
    const apps = this.#runners.filter(({ role }) => role !== "sidecar");
    await Promise.all(apps.map((runner) => runner.stop(graceMs)));
    // Last started, first stopped: the app may need its sidecars to its end.
    for (const runner of this.#runners.filter(({ role }) => role === "sidecar").reverse()) {
      await runner.stop(graceMs === 0 ? 0 : Math.max(SIDECAR_LEAST_MS, until - Date.now()));
    }
    await this.#running;
    await this.#status.close();
    if (this.#record) await stopSandbox(this.#record.sandbox, nodeNetwork, ipam.addressOf(this.uid));
    ipam.release(this.uid);
    remove(folder);
  }

  async #run(): Promise<void> {
    const phase = this.#pod.status?.phase;
    if (phase === "Succeeded" || phase === "Failed") return;
    this.#record = await this.#sandbox();
    if (!this.#record) return;
    const context = this.#context(this.#record);
    const { containers } = this.#record;
    this.#runners = containersOf(this.#pod).map(({ container, role }) => {
      const reason = (this.#pod.spec.initContainers?.length ?? 0) > 0 ? "PodInitializing" : "ContainerCreating";
      containers[container.name] ??= newRecord(container.name, reason);
      return new ContainerRunner(
        context,
        container,
        role,
        containers[container.name] ?? newRecord(container.name, reason),
      );
    });
    context.changed();
    const sidecars = await this.#initialize();
    if (!sidecars) return;
    const apps = this.#runners.filter(({ role }) => role === "app");
    await Promise.all(apps.map((runner) => runner.run()));
    if (this.#ended) return;
    // All have come to their end and none is to run again: sidecars have nothing left to serve.
    await this.#stopSidecars(sidecars);
    context.changed();
    // Logs and status stay until the pod is deleted; nothing of it runs any more.
    await stopSandbox(this.#record.sandbox, this.#options.nodeNetwork, this.#options.ipam.addressOf(this.uid));
    this.#options.ipam.release(this.uid);
  }

  async #stopSidecars(sidecars: readonly ContainerRunner[]): Promise<void> {
    for (const sidecar of sidecars) sidecar.announceStop(this.#graceSeconds() * 1000);
    for (const sidecar of sidecars.toReversed()) await sidecar.stop(this.#graceSeconds() * 1000);
  }

  /** Init containers one by one; sidecars stay, once they have started. Undefined when one failed for good. */
  async #initialize(): Promise<ContainerRunner[] | undefined> {
    const sidecars: ContainerRunner[] = [];
    for (const runner of this.#runners.filter(({ role }) => role !== "app")) {
      if (this.#ended) return undefined;
      if (runner.role === "sidecar") {
        sidecars.push(runner);
        const over = runner.run().then(() => undefined);
        await Promise.race([runner.started, over]);
      } else if (!(await runner.run())) {
        await this.#stopSidecars(sidecars);
        return undefined;
      }
    }
    return this.#ended ? undefined : sidecars;
  }

  /** The pod's network: what a former node process left, or new. */
  async #sandbox(): Promise<PodRecord | undefined> {
    const { ipam, folder, nodeNetwork, node } = this.#options;
    const saved = readPodRecord(join(folder, "state.json"));
    if (saved && isAlive(saved.sandbox)) {
      if (!this.#options.freshNetwork) {
        ipam.claim(this.uid, saved.ip);
        await clearStrangers(saved);
        return saved;
      }
      await stopSandbox(saved.sandbox, nodeNetwork, ipam.addressOf(this.uid));
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ip = ipam.allocate(this.uid);
    const startTime = this.#pod.status?.startTime ?? saved?.startTime ?? timestamp();
    while (!this.#ended) {
      try {
        const sandbox = await startSandbox({ pod: this.#pod, ip, folder, nodeNetwork, home: node.home });
        const { namespace = "default", name } = this.#pod.metadata;
        return { namespace, name, uid: this.uid, ip, sandbox, startTime, containers: restarted(saved, this.#pod) };
      } catch (error) {
        node.onError(error);
        const why = error instanceof Error ? error.message : String(error);
        this.#event(undefined, "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${why}`);
        await sleep(RETRY_MS);
      }
    }
    return undefined;
  }

  #context(record: PodRecord): PodContext {
    const { node, folder } = this.#options;
    return {
      node,
      pod: () => this.#pod,
      ip: record.ip,
      sandbox: record.sandbox,
      folder,
      volumes: () => this.#volumes(record.ip),
      changed: () => {
        if (!this.#ended) writeJson(join(folder, "state.json"), record);
        this.#status.changed();
      },
      event: (container, type, reason, message) => this.#event(container, type, reason, message),
    };
  }

  #volumes(podIP: string): VolumesInput {
    const { node, folder } = this.#options;
    return {
      pod: this.#pod,
      podIP,
      sources: node.sources,
      tokens: this.#tokens,
      folder: join(folder, "volumes"),
      claims: node.claims,
      mode: node.mode,
    };
  }

  #event(container: Container | undefined, type: EventType, reason: string, message: string): void {
    const { namespace = "default", name, uid = "" } = this.#pod.metadata;
    const list = this.#pod.spec.initContainers?.some((each) => each.name === container?.name)
      ? "initContainers"
      : "containers";
    this.#options.events.record(
      {
        apiVersion: "v1",
        kind: "Pod",
        namespace,
        name,
        uid,
        ...(container && { fieldPath: `spec.${list}{${container.name}}` }),
      },
      type,
      reason,
      message,
    );
  }

  #currentStatus() {
    const record = this.#record;
    return podStatus({
      pod: this.#pod,
      ...(record && { ip: record.ip }),
      startTime: record?.startTime ?? timestamp(),
      containers: record?.containers ?? {},
      now: timestamp(),
    });
  }
}

/**
 * What is left of a pod whose sandbox is gone, as after the world was stopped or the machine restarted: its containers
 * start again. How often they had been started before is on disk, or else in the status.
 */
function restarted(saved: PodRecord | undefined, pod: Pod): PodRecord["containers"] {
  const containers: PodRecord["containers"] = {};
  if (saved) {
    for (const [name, { restarts, state, last }] of Object.entries(saved.containers)) {
      const before = state.type === "Terminated" ? state : last;
      containers[name] = {
        ...newRecord(name, "ContainerCreating"),
        restarts: state.type === "Waiting" ? restarts : restarts + 1,
        ...(before && { last: before }),
      };
    }
    return containers;
  }
  for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const ran = status.containerID !== undefined && status.state?.waiting === undefined;
    const restarts = status.restartCount + (ran ? 1 : 0);
    containers[status.name] = { ...newRecord(status.name, "ContainerCreating"), restarts };
  }
  return containers;
}

/** Written by ourselves, so only its presence and outline are checked. */
function readPodRecord(file: string): PodRecord | undefined {
  const value = readJson(file);
  return isPodRecord(value) ? value : undefined;
}

function isPodRecord(value: unknown): value is PodRecord {
  return typeof value === "object" && value !== null && "sandbox" in value && "containers" in value && "ip" in value;
}
