/** A container's processes: started, or found again by a later node process, and watched until they end. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandPath } from "../system/commands.ts";
import { writeAtomically } from "../system/files.ts";
import { isAlive, MARKER, type ProcessRef, processRef, signal } from "../system/processes.ts";
import { type LaunchPlan, launchScript, SCRIPT_ENVIRONMENT } from "./launch-script.ts";

export interface RunningContainer {
  /** The first process of the container's process namespace: when it ends, all in it do. */
  init: ProcessRef;
  /** Resolves with the exit code when the container has ended. */
  exited: Promise<number>;
}

export interface LaunchOptions {
  plan: LaunchPlan;
  /** The container's own folder. */
  folder: string;
  logFile: string;
  pod: ProcessRef;
  home: string;
}

/** The container could not be started; the message is for its status. */
export class StartError extends Error {}

/** How long making a root may take, on a machine that is very busy. */
const START_MS = 30_000;
const ADOPTED_POLL_MS = 300;
const KILLED = 137;

export async function launch({ plan, folder, logFile, pod, home }: LaunchOptions): Promise<RunningContainer> {
  mkdirSync(plan.mountPoint, { recursive: true });
  rmSync(plan.exitFile, { force: true });
  const script = join(folder, "launch.sh");
  // It holds the container's environment, which may hold secrets.
  writeAtomically(script, launchScript(plan), 0o600);
  const log = openSync(logFile, "a", 0o600);
  const ns = `/proc/${pod.pid}/ns`;
  const child = spawn(
    commandPath("nsenter"),
    [
      ...[`--net=${ns}/net`, `--uts=${ns}/uts`, `--ipc=${ns}/ipc`],
      ...[commandPath("unshare"), "--mount", "--pid", "--fork", "--kill-child", commandPath("sh"), script],
    ],
    {
      detached: true,
      cwd: "/",
      stdio: ["ignore", log, log, "pipe"],
      env: { ...SCRIPT_ENVIRONMENT, [MARKER]: home },
    },
  );
  closeSync(log);
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
  const progress = child.stdio[3];
  let said = "";
  const started = Promise.withResolvers<void>();
  if (progress && "setEncoding" in progress) {
    progress.setEncoding("utf8");
    progress.on("data", (text: string) => {
      said += text;
      // Not when it closes: the parent of the first process holds it open as well.
      if (/^(started|failed .*)$/m.test(said)) started.resolve();
    });
    progress.on("error", () => started.resolve());
    progress.on("close", () => started.resolve());
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  child.on("error", () => started.resolve());
  // Not its end: a command that is done at once has ended before what was said of its start is read.
  await started.promise;
  clearTimeout(timer);
  progress?.destroy();
  const pid = /^pid (\d+)$/m.exec(said)?.[1];
  const failure = /^failed (.*)$/m.exec(said)?.[1];
  if (!/^started$/m.test(said) || pid === undefined) {
    child.kill("SIGKILL");
    await ended;
    throw new StartError(failure ?? "the container's first process ended before it had started");
  }
  // A command that ends at once may be gone by now; its exit file then says how.
  const init = processRef(Number(pid)) ?? { pid: Number(pid), startTime: 0 };
  return { init, exited: ended.then(() => exitCode(plan.exitFile)) };
}

/** A container that another node process started. */
export function adopt(init: ProcessRef, exitFile: string): RunningContainer {
  const watch = async (): Promise<number> => {
    while (isAlive(init)) await sleep(ADOPTED_POLL_MS, undefined, { ref: false });
    return exitCode(exitFile);
  };
  return { init, exited: watch() };
}

/** Killed processes do not get to write theirs. */
function exitCode(file: string): number {
  try {
    const code = Number.parseInt(readFileSync(file, "utf8"), 10);
    return Number.isNaN(code) ? KILLED : code;
  } catch {
    return KILLED;
  }
}

/** SIGTERM, then SIGKILL after the grace period. Resolves when the container has ended. */
export async function stop(container: RunningContainer, graceMs: number): Promise<void> {
  const ended = container.exited.then(() => true);
  if (graceMs > 0) {
    signal(container.init, "SIGTERM");
    const timer = new AbortController();
    const over = sleep(graceMs, false, { signal: timer.signal }).catch(() => false);
    const inTime = await Promise.race([ended, over]);
    timer.abort();
    if (inTime) return;
  }
  signal(container.init, "SIGKILL");
  await ended;
}
