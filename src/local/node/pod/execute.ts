/** Commands run inside a container that is running: `kubectl exec`, probes and hooks. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { commandPath } from "../system/commands.ts";
import type { ProcessRef } from "../system/processes.ts";

/** What a later command needs to be like the container's own. */
export interface ExecProfile {
  init: ProcessRef;
  environment: Record<string, string>;
  workingDir: string;
  privileges: string[];
}

/** The words that run a command inside the container. */
export function execWords({ init, workingDir, privileges }: ExecProfile, command: readonly string[]): string[] {
  const root = `/proc/${init.pid}/root`;
  const wd = existsSync(root + workingDir) ? workingDir : "/";
  return [
    commandPath("nsenter"),
    `--target=${init.pid}`,
    ...["--mount", "--pid", "--net", "--uts", "--ipc"],
    `--wd=${root}${wd}`,
    ...privileges,
    ...command,
  ];
}

export function spawnIn(profile: ExecProfile, command: readonly string[], stdio: StdioOptions): ChildProcess {
  const [first = "", ...rest] = execWords(profile, command);
  return spawn(first, rest, { stdio, cwd: "/", env: profile.environment });
}

export interface ExecOutcome {
  code: number;
  output: string;
  timedOut: boolean;
}

const OUTPUT_KEPT = 10 * 1024;

/** Runs a command to its end, or kills it when its time is over. */
export function executeIn(profile: ExecProfile, command: readonly string[], timeoutMs: number): Promise<ExecOutcome> {
  return new Promise((resolve) => {
    const child = spawnIn(profile, command, ["ignore", "pipe", "pipe"]);
    let output = "";
    let timedOut = false;
    const collect = (text: string) => {
      if (output.length < OUTPUT_KEPT) output += text;
    };
    child.stdout?.setEncoding("utf8").on("data", collect);
    child.stderr?.setEncoding("utf8").on("data", collect);
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 126, output: error.message, timedOut });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 137, output, timedOut });
    });
  });
}
