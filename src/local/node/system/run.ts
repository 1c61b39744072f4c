import { spawn } from "node:child_process";
import { LateenError } from "../../../errors.ts";
import { commandPath, SYSTEM_PATH } from "./commands.ts";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  timeoutMs?: number;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end and collects what it says. Never rejects: a command that cannot start has code 127. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(commandPath(command), args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: options.env ?? { PATH: SYSTEM_PATH, LC_ALL: "C" },
      ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // A command that ends without reading its input breaks the pipe; its exit code says all that matters.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 137, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}

/** Runs a command that must succeed. */
export async function mustRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  const said = stderr.trim() || `exit code ${code}`;
  throw new LateenError("LTN1201", `${command} failed: ${said}`, `It was called as: ${command} ${args.join(" ")}`);
}
