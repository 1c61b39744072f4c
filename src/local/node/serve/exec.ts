/** `kubectl exec`: a command in a container, its streams and its exit code over Kubernetes' channels. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { WebSocket } from "ws";
import { bytesOf, CLOSE, ERROR, RESIZE, STDERR, STDIN, STDOUT } from "../../../kubernetes/channels.ts";
import { type ExecProfile, execWords, spawnIn } from "../pod/execute.ts";
import { quote } from "../pod/launch-script.ts";
import type { PodWorker } from "../pod/worker.ts";
import { commandPath } from "../system/commands.ts";
import { pump, sendOn } from "./channels.ts";
import { Refusal } from "./refuse.ts";
import { resizeTerminal } from "./terminal.ts";

export function serveExec(worker: PodWorker, container: string, query: URLSearchParams): (socket: WebSocket) => void {
  const command = query.getAll("command");
  if (command.length === 0) throw new Refusal("BadRequest", "you must specify at least 1 container command");
  const profile = worker.runner(container)?.profile;
  if (!profile) throw new Refusal("BadRequest", `container not found ("${container}"): it is not running`);
  const wants = (name: string) => query.get(name) === "true" || query.get(name) === "1";
  const terminal = wants("tty");
  const stdin = wants("stdin");
  return (socket) => {
    const child = terminal ? spawnWithTerminal(profile, command) : spawnIn(profile, command, ["pipe", "pipe", "pipe"]);
    connect(socket, child, { stdin, terminal });
  };
}

function connect(
  socket: WebSocket,
  child: ChildProcess,
  { stdin, terminal }: { stdin: boolean; terminal: boolean },
): void {
  if (child.stdout) pump(child.stdout, socket, STDOUT);
  if (child.stderr) pump(child.stderr, socket, terminal ? STDOUT : STDERR);
  child.stdin?.on("error", () => undefined);
  if (!stdin) child.stdin?.end();
  let resizes = 0;
  const resize = (pid: number, size: string): void => {
    const mine = ++resizes;
    void resizeTerminal(pid, size, () => mine === resizes && child.exitCode === null);
  };
  socket.on("message", (data) => {
    const message = bytesOf(data);
    const content = message.subarray(1);
    switch (message[0]) {
      case STDIN:
        if (!stdin || child.stdin?.write(content) !== false) return;
        socket.pause();
        child.stdin.once("drain", () => socket.resume());
        return;
      case RESIZE:
        if (terminal && child.pid !== undefined) resize(child.pid, content.toString("utf8"));
        return;
      case CLOSE:
        if (content[0] === STDIN) child.stdin?.end();
    }
  });
  // A terminal that hangs up ends what runs in it; without one the command goes on, as in Kubernetes, but without input.
  socket.on("close", () => {
    child.stdin?.end();
    if (terminal) child.kill("SIGHUP");
  });
  let started = true;
  child.on("error", (error) => {
    started = false;
    finish(socket, { status: "Failure", reason: "InternalError", message: error.message });
  });
  child.on("close", (code) => {
    if (started) finish(socket, exitStatus(code ?? 137));
  });
}

function exitStatus(code: number): object {
  if (code === 0) return { status: "Success" };
  return {
    status: "Failure",
    reason: "NonZeroExitCode",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

function finish(socket: WebSocket, status: object): void {
  sendOn(socket, ERROR, Buffer.from(JSON.stringify({ metadata: {}, ...status })));
  socket.close(1000);
}

/** script(1) makes the terminal; every Linux has it. */
function spawnWithTerminal(profile: ExecProfile, command: readonly string[]): ChildProcess {
  const words = execWords(profile, command).map(quote).join(" ");
  return spawn(commandPath("script"), ["-q", "-e", "-f", "-c", `exec ${words}`, "/dev/null"], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { TERM: "xterm", ...profile.environment, SHELL: "/bin/sh" },
  });
}
