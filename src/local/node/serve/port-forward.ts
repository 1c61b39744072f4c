/**
 * Port forwarding over Kubernetes' channels: for the n-th port channel 2n carries data and 2n+1 an error; the first
 * message on each is the port's number in two bytes, low byte first.
 */
import type { WebSocket } from "ws";
import { bytesOf } from "../../../kubernetes/channels.ts";
import type { PodWorker } from "../pod/worker.ts";
import { pump, sendOn } from "./channels.ts";
import { connectLoopback } from "./loopback.ts";
import { Refusal } from "./refuse.ts";

export function servePortForward(worker: PodWorker, query: URLSearchParams): (socket: WebSocket) => void {
  const ports = [...query.getAll("port"), ...query.getAll("ports")].flatMap((text) => text.split(",")).map(Number);
  if (ports.length === 0 || !ports.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Refusal("BadRequest", "port forwarding needs ?port=NUMBER");
  }
  return (socket) => {
    const streams = ports.map((port, at) => forward(worker, port, at * 2, socket));
    let open = streams.length;
    for (const { done } of streams) {
      void done.then(() => {
        if (--open === 0) socket.close(1000);
      });
    }
    socket.on("message", (data) => {
      const message = bytesOf(data);
      const stream = streams[(message[0] ?? 0) >> 1];
      if (stream && ((message[0] ?? 0) & 1) === 0) stream.write(message.subarray(1));
    });
  };
}

function forward(worker: PodWorker, port: number, channel: number, socket: WebSocket) {
  const number = Buffer.from([port & 255, port >> 8]);
  sendOn(socket, channel, number);
  sendOn(socket, channel + 1, number);
  // What the client sends before the connection stands waits for it.
  const connected = connectLoopback(worker, worker.home, port);
  const done = connected.then(
    (target) => {
      pump(target, socket, channel);
      socket.on("close", () => target.destroy());
      return new Promise<void>((resolve) => {
        target.on("end", () => target.end());
        target.on("close", () => resolve());
      });
    },
    (error: unknown) => {
      sendOn(socket, channel + 1, Buffer.from(error instanceof Error ? error.message : String(error)));
    },
  );
  let queue: Promise<void> = connected.then(
    () => undefined,
    () => undefined,
  );
  return {
    done,
    write(data: Buffer): void {
      queue = queue.then(async () => {
        const target = await connected.catch(() => undefined);
        if (!target || target.destroyed || target.write(data)) return;
        socket.pause();
        target.once("drain", () => socket.resume());
      });
    },
  };
}
