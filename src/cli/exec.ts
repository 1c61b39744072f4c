import { once } from "node:events";
import type { ReadStream } from "node:tty";
import type { WebSocket } from "ws";
import { LateenError } from "../errors.ts";
import { podKind } from "../kinds/core/pod.ts";
import { bytesOf, CLOSE, ERROR, PROTOCOLS, RESIZE, STDERR, STDIN, STDOUT, V5 } from "../kubernetes/channels.ts";
import { pathOf } from "../store/cluster/path.ts";
import { framed, openChannels } from "./channels.ts";
import { type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { at, list, text } from "./json.ts";
import { containerOf, findPod } from "./kubernetes/find-pod.ts";

export interface ExecOptions extends ClusterOption {
  namespace?: string;
  container?: string;
  stdin?: boolean;
  tty?: boolean;
}

/** `lateen exec`: ends with the exit status of the command. */
export async function exec(word: string, command: readonly string[], options: ExecOptions): Promise<void> {
  process.exitCode = await withCluster(options, async (cluster) => {
    const pod = await findPod(cluster, word, namespaceOf(options, cluster.connection));
    const { name, namespace } = pod.metadata;
    const container = containerOf(pod, options.container);
    const tty = options.tty === true && process.stdin.isTTY;
    if (options.tty && !tty) console.error("Standard input is no terminal: going on without one (-t).");
    const query = new URLSearchParams({ container, stdout: "true", stderr: String(!tty) });
    if (options.stdin) query.set("stdin", "true");
    if (tty) query.set("tty", "true");
    for (const each of command) query.append("command", each);
    const path = `${pathOf(podKind.type, namespace, name, {}, "exec")}?${query}`;
    const socket = await openChannels(cluster.connection, path, PROTOCOLS);
    const leave = [options.stdin ? sendInput(socket) : undefined, tty ? useTerminal(socket, process.stdin) : undefined];
    try {
      return await exitStatus(socket);
    } finally {
      for (const each of leave) each?.();
    }
  });
}

/** Prints what comes until the command has ended; its exit status. */
async function exitStatus(socket: WebSocket): Promise<number> {
  let status: unknown;
  socket.on("message", (data) => {
    const message = bytesOf(data);
    const content = message.subarray(1);
    if (message[0] === STDOUT) print(socket, process.stdout, content);
    else if (message[0] === STDERR) print(socket, process.stderr, content);
    else if (message[0] === ERROR) status = JSON.parse(content.toString());
  });
  await once(socket, "close");
  return statusOf(status);
}

/** The exit status in a Status of the ERROR channel. Throws when the command did not run at all. */
export function statusOf(status: unknown): number {
  if (at(status, "status") === "Success") return 0;
  const cause = list(at(status, "details", "causes")).find((each) => at(each, "reason") === "ExitCode");
  if (cause !== undefined) return Number(text(at(cause, "message")));
  const why = text(at(status, "message")) || "the connection ended before the command did";
  throw new LateenError(
    "LTN5021",
    `the command could not be run to its end: ${why}`,
    "See lateen get pods, lateen logs POD.",
  );
}

/** No faster than it can be printed. */
function print(socket: WebSocket, to: NodeJS.WriteStream, content: Buffer): void {
  if (content.length === 0 || to.write(content)) return;
  socket.pause();
  to.once("drain", () => socket.resume());
}

/** Sends standard input, no faster than it is taken, and that it has ended. */
function sendInput(socket: WebSocket): () => void {
  const { stdin } = process;
  const send = (chunk: Buffer): void => {
    stdin.pause();
    socket.send(framed(STDIN, chunk), () => stdin.resume());
  };
  const end = (): void => {
    if (socket.protocol === V5) socket.send(Buffer.of(CLOSE, STDIN));
  };
  stdin.on("data", send).on("end", end);
  return () => {
    stdin.off("data", send).off("end", end).pause();
    // What was not read must not keep this process.
    stdin.unref();
  };
}

/** Hands every key to the command, and tells it how large the window is. */
function useTerminal(socket: WebSocket, stdin: ReadStream): () => void {
  const resize = (): void => {
    const { columns: Width, rows: Height } = process.stdout;
    socket.send(framed(RESIZE, JSON.stringify({ Width, Height })));
  };
  stdin.setRawMode(true);
  process.stdout.on("resize", resize);
  if (process.stdout.isTTY) resize();
  return () => {
    process.stdout.off("resize", resize);
    stdin.setRawMode(false);
  };
}
