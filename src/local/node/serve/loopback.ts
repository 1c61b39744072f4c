/** Connections to ports of a pod's loopback, by way of a relay process in its network namespace. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inNetwork } from "../network/holder.ts";
import type { PodWorker } from "../pod/worker.ts";
import { commandPath } from "../system/commands.ts";
import { ownEnvironment } from "../system/own-environment.ts";
import { Refusal } from "./refuse.ts";

const START_MS = 10_000;
/** Paths of unix sockets are short, and a pod's folder may be deep: the pod's uid is long enough to tell pods apart. */
const UID_PART = 13;

export async function connectLoopback(worker: PodWorker, home: string, port: number): Promise<Socket> {
  const path = join(home, "run", `relay-${worker.uid.slice(0, UID_PART)}.sock`);
  const first = await tryConnect(path);
  const socket = first ?? (await startRelay(worker, home, path));
  socket.write(`${port}\n`);
  const answer = await firstLine(socket);
  if (answer !== "ok") {
    socket.destroy();
    throw new Refusal("InternalError", `error forwarding port ${port} to pod ${worker.pod.metadata.name}: ${answer}`);
  }
  return socket;
}

async function startRelay(worker: PodWorker, home: string, path: string): Promise<Socket> {
  const { sandbox } = worker;
  if (!sandbox) throw new Refusal("BadRequest", `pod ${worker.pod.metadata.name} is not running`);
  const main = fileURLToPath(new URL("relay.ts", import.meta.url));
  const [command, args] = inNetwork(sandbox, process.execPath, "--disable-warning=ExperimentalWarning", main, path);
  const child = spawn(commandPath(command), args, {
    detached: true,
    cwd: "/",
    stdio: "ignore",
    env: ownEnvironment(home),
  });
  child.on("error", () => undefined);
  child.unref();
  for (const until = Date.now() + START_MS; Date.now() < until; await sleep(10)) {
    const socket = existsSync(path) ? await tryConnect(path) : undefined;
    if (socket) return socket;
  }
  throw new Refusal("InternalError", "the relay into the pod's network did not start");
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", () => resolve(undefined));
  });
}

/** The rest of what came stays in the socket. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const read = () => {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      const newline = chunk.indexOf(10);
      if (newline < 0) {
        socket.unshift(chunk);
        return;
      }
      socket.off("readable", read);
      const rest = chunk.subarray(newline + 1);
      if (rest.length > 0) socket.unshift(rest);
      resolve(chunk.subarray(0, newline).toString("utf8"));
    };
    socket.on("readable", read);
    socket.once("close", () => resolve("connection closed"));
  });
}
