/** A WebSocket to the node that speaks Kubernetes' channels: each message begins with its channel's number. */
import { WebSocket } from "ws";
import { PROTOCOLS } from "../../../kubernetes/channels.ts";
import type { SpdyStream } from "./session.ts";

export interface NodeChannel {
  /** Done when the node can take more. */
  send(channel: number, data: Buffer): Promise<void>;
  close(): void;
}

export interface NodeChannelEvents {
  /** Returns the stream that is full and must drain before more is read; undefined when none is. */
  onMessage(channel: number, data: Buffer): Pick<SpdyStream, "onDrain"> | undefined;
  /** Once, with the reason when it was not the node's doing as planned. */
  onClose(error: string | undefined): void;
}

/** More than this on its way to the node, and the client waits. */
const BUFFERED = 1024 * 1024;

export function openNodeChannel(socketPath: string, path: string, events: NodeChannelEvents): NodeChannel {
  const socket = new WebSocket(`ws+unix:${socketPath}:${path}`, [...PROTOCOLS]);
  const waiting: Buffer[] = [];
  let closed = false;
  const finish = (error: string | undefined): void => {
    if (closed) return;
    closed = true;
    events.onClose(error);
  };
  socket.on("open", () => {
    for (const message of waiting.splice(0)) socket.send(message);
  });
  socket.on("message", (data) => {
    const message = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
    const full = events.onMessage(message[0] ?? 0, message.subarray(1));
    if (!full) return;
    socket.pause();
    full.onDrain(() => socket.resume());
  });
  socket.on("close", () => finish(undefined));
  socket.on("unexpected-response", (_, response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => finish(messageOf(Buffer.concat(chunks).toString())));
  });
  socket.on("error", (error) => finish(`the node does not answer: ${error.message}`));
  return {
    async send(channel, data) {
      const message = Buffer.concat([Buffer.from([channel]), data]);
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
      if (socket.readyState !== WebSocket.OPEN) return;
      const sent = new Promise<void>((resolve) => socket.send(message, () => resolve()));
      if (socket.bufferedAmount > BUFFERED) await sent;
    },
    close: () => socket.close(),
  };
}

/** Of a Status, its message. */
function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === "object" && status !== null && "message" in status) return String(status.message);
  } catch {
    // Not a Status: as it is.
  }
  return text;
}
