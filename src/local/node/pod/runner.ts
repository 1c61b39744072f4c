/** One container through its life: started, probed, restarted with back-off, stopped; or adopted as it runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../../errors.ts";
import type { Container } from "../../../kinds/core/container.ts";
import { writeJson } from "../system/files.ts";
import { isAlive } from "../system/processes.ts";
import { type ActionTarget, check, type ProbeSpec, runHook } from "./actions.ts";
import { nextRestart } from "./back-off.ts";
import type { PodContext } from "./context.ts";
import { durationText } from "./duration-text.ts";
import type { ExecProfile } from "./execute.ts";
import type { Role } from "./kinds-of-container.ts";
import { START_FAILED } from "./launch-script.ts";
import { dropOldLogs, logFile } from "./log-files.ts";
import { followLog } from "./log-index.ts";
import { containerFolderOf, containerID, prepare } from "./prepare.ts";
import { probeLoop } from "./probe-loop.ts";
import { adopt, launch, type RunningContainer, StartError, stop } from "./process.ts";
import { readProfile } from "./profile.ts";
import { type ContainerRecord, type Terminated, timestamp } from "./records.ts";
import { ConfigError } from "./sources.ts";

const RETRY = { firstMs: 250, mostMs: 5000 };
const MESSAGE_KEPT = 4096;
/** A container that is asked to end gets this long, even when its hook has used up the grace period. */
const LEAST_GRACE_MS = 2000;
/** As long as a timer can be. In Kubernetes a postStart hook may take its time; it ends with its container. */
const NO_LIMIT_MS = 2 ** 31 - 1;

export class ContainerRunner {
  readonly container: Container;
  readonly role: Role;
  readonly record: ContainerRecord;
  readonly #context: PodContext;
  readonly #stopping = new AbortController();
  readonly #started = Promise.withResolvers<void>();
  readonly #folder: string;
  #process: RunningContainer | undefined;
  #profile: ExecProfile | undefined;
  #stopped: Promise<void> | undefined;
  #preStopped: Promise<void> | undefined;

  constructor(context: PodContext, container: Container, role: Role, record: ContainerRecord) {
    this.#context = context;
    this.container = container;
    this.role = role;
    this.record = record;
    this.#folder = containerFolderOf(context.folder, container.name);
  }

  /** Resolves when it has passed its startup probe, for the first time. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** For commands run in it; undefined while it is not running. */
  get profile(): ExecProfile | undefined {
    return this.#process && isAlive(this.#process.init) ? this.#profile : undefined;
  }

  /** Runs until the container is not to be started again; resolves whether it came to a good end. */
  async run(): Promise<boolean> {
    const { record } = this;
    if (record.state.type === "Terminated" && !this.#restarts(record.state.exitCode)) {
      return record.state.exitCode === 0;
    }
    if (record.restartAt !== undefined) await this.#awaitRestart(record.restartAt);
    const adopted = this.#adopt();
    if (adopted) await this.#watch(adopted);
    while (!this.#stopping.signal.aborted) {
      if (record.state.type === "Terminated") {
        if (!this.#restarts(record.state.exitCode)) return record.state.exitCode === 0;
        await this.#backOff(record.state);
        if (this.#stopping.signal.aborted) break;
      }
      const running = await this.#start();
      if (!running) continue;
      // Asked to stop while it was being started.
      if (this.#stopping.signal.aborted) await stop(running, 0);
      await this.#watch(running);
    }
    return false;
  }

  /**
   * Tells it that its pod ends: its preStop hook runs. All containers of a pod are told at once, sidecars too, while
   * SIGTERM comes to each in its turn.
   */
  announceStop(graceMs: number): void {
    const running = this.#process;
    this.#stopping.abort();
    if (running && isAlive(running.init)) this.#preStopped ??= this.#preStop(graceMs);
  }

  /** Ends it for good: its preStop hook, SIGTERM, and SIGKILL when the grace period is over. */
  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  /** At once, whatever is going on. */
  async kill(): Promise<void> {
    this.#stopping.abort();
    if (this.#process) await stop(this.#process, 0);
  }

  #restarts(exitCode: number): boolean {
    if (this.role === "sidecar") return true;
    const policy = this.#context.pod().spec.restartPolicy ?? "Always";
    if (this.role === "init") return exitCode !== 0 && policy !== "Never";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  /** The container that a former node process started, running or just ended. */
  #adopt(): RunningContainer | undefined {
    const { record } = this;
    if (record.state.type !== "Running" || !record.init) return undefined;
    const profile = readProfile(join(this.#folder, "profile.json"));
    if (profile) this.#profile = { ...profile, init: record.init };
    return adopt(record.init, join(this.#folder, "exit"));
  }

  async #start(): Promise<RunningContainer | undefined> {
    const { container, record } = this;
    const context = this.#context;
    let image: ReturnType<typeof context.node.images.resolve>;
    try {
      image = context.node.images.resolve(container.image ?? "");
    } catch (error) {
      await this.#waitForImage(error);
      return undefined;
    }
    if (record.imageID === undefined) {
      context.event(container, "Normal", "Pulled", `Container image "${container.image}" already present on machine`);
      record.imageID = `lateen://${container.image}`;
    }
    try {
      const { plan, profile } = await prepare(context, container, image);
      if (this.#stopping.signal.aborted) return undefined;
      const { uid = "" } = context.pod().metadata;
      record.containerID = containerID(uid, container.name, record.restarts);
      context.event(container, "Normal", "Created", `Created container: ${container.name}`);
      dropOldLogs(this.#folder, record.restarts);
      writeJson(join(this.#folder, "profile.json"), profile);
      const running = await launch({
        plan,
        folder: this.#folder,
        logFile: logFile(this.#folder, record.restarts),
        pod: context.sandbox,
        home: context.node.home,
      });
      this.#profile = { ...profile, init: running.init };
      record.init = running.init;
      record.state = { type: "Running", startedAt: timestamp() };
      context.event(container, "Normal", "Started", `Started container ${container.name}`);
      return running;
    } catch (error) {
      if (error instanceof StartError) this.#startFailed(error);
      else await this.#waitForConfig(error);
      return undefined;
    }
  }

  #startFailed(error: StartError): void {
    const { record } = this;
    this.#context.event(this.container, "Warning", "Failed", `Error: ${error.message}`);
    const now = timestamp();
    record.state = {
      type: "Terminated",
      exitCode: START_FAILED,
      reason: "StartError",
      message: error.message,
      startedAt: "1970-01-01T00:00:00Z",
      finishedAt: now,
      containerID: record.containerID ?? "",
    };
    this.#context.changed();
  }

  #retryMs = RETRY.firstMs;

  async #waitForConfig(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const mount = message.startsWith("MountVolume");
    this.#wait(mount ? "ContainerCreating" : "CreateContainerConfigError", mount ? undefined : message);
    if (!(error instanceof ConfigError)) this.#context.node.onError(error);
    this.#context.event(
      mount ? undefined : this.container,
      "Warning",
      mount ? "FailedMount" : "Failed",
      mount ? message : `Error: ${message}`,
    );
    await this.#pause(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY.mostMs);
  }

  async #waitForImage(error: unknown): Promise<void> {
    const remedy = error instanceof LateenError && error.remedy ? ` ${error.remedy}` : "";
    const message = `${error instanceof Error ? error.message : String(error)}.${remedy}`;
    const { image } = this.container;
    this.#wait("ErrImagePull", message);
    this.#context.event(this.container, "Warning", "Failed", `Failed to pull image "${image}": ${message}`);
    this.#context.event(this.container, "Warning", "Failed", "Error: ErrImagePull");
    await this.#pause(1000);
    this.#wait("ImagePullBackOff", `Back-off pulling image "${image}": ${message}`);
    // The table is a file of this machine: looking again costs nothing, and the user may just have added the entry.
    while (!this.#stopping.signal.aborted) {
      await this.#pause(2000);
      try {
        this.#context.node.images.resolve(image ?? "");
        return;
      } catch {
        // Still unknown.
      }
    }
  }

  #wait(reason: string, message?: string): void {
    const { record } = this;
    record.state = { type: "Waiting", reason, ...(message !== undefined && { message }) };
    record.ready = false;
    record.started = false;
    this.#context.changed();
  }

  async #backOff(ended: Terminated): Promise<void> {
    const { record, container } = this;
    const ran = Math.max(0, Date.parse(ended.finishedAt) - Date.parse(ended.startedAt));
    const { delayMs, rememberMs } = nextRestart(record.backOffMs, ended.exitCode === START_FAILED ? 0 : ran);
    record.last = ended;
    record.backOffMs = rememberMs;
    record.restartAt = Date.parse(ended.finishedAt) + delayMs;
    if (delayMs > 0) {
      const { metadata } = this.#context.pod();
      const where = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
      this.#context.event(
        container,
        "Warning",
        "BackOff",
        `Back-off restarting failed container ${container.name} in pod ${where}`,
      );
      this.#wait(
        "CrashLoopBackOff",
        `back-off ${durationText(delayMs)} restarting failed container=${container.name} pod=${where}`,
      );
    }
    await this.#awaitRestart(record.restartAt);
  }

  async #awaitRestart(at: number): Promise<void> {
    await this.#pause(at - Date.now());
    if (this.#stopping.signal.aborted) return;
    delete this.record.restartAt;
    this.record.restarts++;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(Math.max(0, ms), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Probes a running container until it ends. */
  async #watch(running: RunningContainer): Promise<void> {
    const { record } = this;
    this.#process = running;
    this.#retryMs = RETRY.firstMs;
    const ended = new AbortController();
    const log = followLog(logFile(this.#folder, record.restarts));
    void this.#probe(running, ended.signal);
    this.#context.changed();
    const exitCode = await running.exited;
    ended.abort();
    log.stop();
    this.#process = undefined;
    const message = lastWords(join(this.#folder, "termination-log"));
    record.state = {
      type: "Terminated",
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
      ...(message !== "" && { message }),
      startedAt: record.state.type === "Running" ? record.state.startedAt : timestamp(),
      finishedAt: timestamp(),
      containerID: record.containerID ?? "",
    };
    delete record.init;
    record.ready = false;
    record.started = false;
    this.#context.changed();
  }

  async #probe(running: RunningContainer, signal: AbortSignal): Promise<void> {
    const { record, container } = this;
    const { startupProbe, livenessProbe, readinessProbe, lifecycle } = container;
    if (!this.#profile) return;
    const target: ActionTarget = { context: this.#context, container, profile: this.#profile };
    if (lifecycle?.postStart && !record.started) {
      const { ok, message } = await runHook(target, lifecycle.postStart, NO_LIMIT_MS);
      if (signal.aborted) return;
      if (!ok) {
        this.#context.event(container, "Warning", "FailedPostStartHook", `PostStartHook failed: ${message}`);
        await this.#restart(running, `Container ${container.name} failed postStart hook, will be restarted`);
        return;
      }
    }
    const loop = (name: string, spec: ProbeSpec, verdict: (ok: boolean, message: string) => void) =>
      probeLoop({
        spec,
        check: () => check(target, spec),
        verdict,
        failed: (message) => this.#context.event(container, "Warning", "Unhealthy", `${name} probe failed: ${message}`),
        signal,
      });
    const started = () => {
      record.started = true;
      this.#started.resolve();
      if (!readinessProbe) record.ready = true;
      else void loop("Readiness", readinessProbe, (ok) => this.#setReady(ok));
      if (livenessProbe) {
        void loop("Liveness", livenessProbe, (ok) => {
          if (ok) return;
          void this.#restart(running, `Container ${container.name} failed liveness probe, will be restarted`);
        });
      }
      this.#context.changed();
    };
    if (!startupProbe || record.started) started();
    else {
      const over = new AbortController();
      void probeLoop({
        spec: startupProbe,
        check: () => check(target, startupProbe),
        verdict: (ok) => {
          over.abort();
          if (ok) started();
          else void this.#restart(running, `Container ${container.name} failed startup probe, will be restarted`);
        },
        failed: (message) => this.#context.event(container, "Warning", "Unhealthy", `Startup probe failed: ${message}`),
        signal: AbortSignal.any([signal, over.signal]),
      });
    }
  }

  #setReady(ok: boolean): void {
    if (this.record.ready === ok) return;
    this.record.ready = ok;
    this.#context.changed();
  }

  /** Ends this run of the container; the loop of `run` then starts the next. */
  async #restart(running: RunningContainer, why: string): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#context.event(this.container, "Normal", "Killing", why);
    await this.#end(running, this.#graceMs(), this.#preStop(this.#graceMs()));
  }

  #graceMs(): number {
    return (this.#context.pod().spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  async #stop(graceMs: number): Promise<void> {
    const running = this.#process;
    this.#stopping.abort();
    if (!running || !isAlive(running.init)) return;
    this.#context.event(this.container, "Normal", "Killing", `Stopping container ${this.container.name}`);
    this.#preStopped ??= this.#preStop(graceMs);
    await this.#end(running, graceMs, this.#preStopped);
  }

  async #end(running: RunningContainer, graceMs: number, preStopped: Promise<void>): Promise<void> {
    const until = Date.now() + graceMs;
    await preStopped;
    await stop(running, graceMs === 0 ? 0 : Math.max(LEAST_GRACE_MS, until - Date.now()));
  }

  async #preStop(graceMs: number): Promise<void> {
    const hook = this.container.lifecycle?.preStop;
    if (!hook || !this.#profile || graceMs === 0) return;
    const target = { context: this.#context, container: this.container, profile: this.#profile };
    const { ok, message } = await runHook(target, hook, graceMs);
    if (!ok) this.#context.event(this.container, "Warning", "FailedPreStopHook", `PreStopHook failed: ${message}`);
  }
}

function lastWords(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(0, MESSAGE_KEPT);
  } catch {
    return "";
  }
}
