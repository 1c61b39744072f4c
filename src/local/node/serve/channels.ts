/** Kubernetes' channels over one WebSocket: the first byte of each message says which stream it belongs to. */
import type { Readable } from "node:stream";
import type { WebSocket } from "ws";

/** Beyond this what a source sends waits, until the other end has taken some. */
const HIGH_WATER = 1024 * 1024;
const DRAIN_POLL_MS = 10;

export function sendOn(socket: WebSocket, channel: number, data: Uint8Array): void {
  if (socket.readyState !== socket.OPEN) return;
  const message = Buffer.allocUnsafe(data.length + 1);
  message[0] = channel;
  message.set(data, 1);
  socket.send(message);
}

/** Sends all that a stream gives, no faster than the other end takes it. */
export function pump(source: Readable, socket: WebSocket, channel: number): void {
  source.on("data", (chunk: Buffer) => {
    sendOn(socket, channel, chunk);
    if (socket.bufferedAmount < HIGH_WATER) return;
    source.pause();
    const wait = setInterval(() => {
      if (socket.bufferedAmount >= HIGH_WATER && socket.readyState === socket.OPEN) return;
      clearInterval(wait);
      source.resume();
    }, DRAIN_POLL_MS);
  });
  source.on("error", () => undefined);
}
